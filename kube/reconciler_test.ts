import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { FakeClock } from "./clock.ts";
import type { Informer, InformerEvent } from "./informer.ts";
import { KubeApiError } from "./kube_api_error.ts";
import {
  type ControllerOptions,
  type Key,
  type ReconcileOutcome,
  type Result,
  runController,
  TerminalError,
} from "./reconciler.ts";
import { eventually } from "./testing/eventually.ts";

/** An informer of which a test decides the events. */
function handInformer() {
  const listeners = new Set<(event: InformerEvent) => void>();
  const synced = Promise.withResolvers<void>();
  const informer = {
    synced: synced.promise,
    hasSynced: false,
    on(listener: (event: InformerEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as Informer;
  const object = (name: string, owner?: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "a", annotations: owner ? { owner } : {} },
  });
  return {
    informer,
    synced: synced.resolve,
    listeners,
    emit(name: string, owner?: string, old?: string) {
      const event: InformerEvent = {
        type: "updated",
        object: object(name, owner),
        old: old ? object(name, old) : undefined,
      };
      for (const listener of listeners) listener(event);
    },
  };
}

/** Runs a controller of hand-fed keys under a fake clock. */
async function scene(
  options: Partial<ControllerOptions> & {
    reconcile: ControllerOptions["reconcile"];
  },
  test: (scene: {
    enqueue: (name: string) => void;
    clock: FakeClock;
    outcomes: ReconcileOutcome[];
    /** Resolves after that many outcomes in all. */
    outcome: (count: number) => Promise<ReconcileOutcome>;
  }) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const stop = new AbortController();
  const outcomes: ReconcileOutcome[] = [];
  let enqueue!: (key: Key) => void;
  const running = runController({
    name: "test",
    clock,
    signal: stop.signal,
    sources: [{ start: (e) => enqueue = e }],
    queue: { backoff: { base: 100, jitter: 0 } },
    onResult: (outcome) => outcomes.push(outcome),
    ...options,
  });
  try {
    await test({
      clock,
      outcomes,
      enqueue: (name) => enqueue({ namespace: "a", name }),
      async outcome(count) {
        for (let i = 0; outcomes.length < count; i++) {
          assert(i < 1000, `only ${outcomes.length} of ${count} outcomes`);
          await new Promise((resolve) => setTimeout(resolve, 0));
        }
        return outcomes[count - 1]!;
      },
    });
  } finally {
    stop.abort();
    await running;
  }
}

Deno.test("controller retries what fails, ever later, until it succeeds", async () => {
  let left = 3;
  const at: number[] = [];
  const clocks: FakeClock[] = [];
  await scene({
    reconcile: () => {
      at.push(clocks[0]!.now());
      if (left-- > 0) throw new Error("not yet");
      return Promise.resolve();
    },
  }, async ({ enqueue, clock, outcome, outcomes }) => {
    clocks.push(clock);
    enqueue("x");
    await outcome(1);
    await clock.advance(100);
    await clock.advance(200);
    await clock.advance(400);
    await outcome(4);
    assert.deepEqual(outcomes.map((o) => o.outcome), [
      "retry",
      "retry",
      "retry",
      "done",
    ]);
    assert.deepEqual(at.map((t) => t - at[0]!), [0, 100, 300, 700]);
    await clock.advance(3_600_000);
    assert.equal(outcomes.length, 4);
  });
});

Deno.test("controller waits for a change after a terminal error", () =>
  scene({
    reconcile: () => Promise.reject(new TerminalError("spec.url is no URL")),
  }, async ({ enqueue, clock, outcome, outcomes }) => {
    enqueue("x");
    assert.equal((await outcome(1)).outcome, "terminal");
    await clock.advance(3_600_000);
    assert.equal(outcomes.length, 1);
    enqueue("x");
    await outcome(2);
  }));

Deno.test("controller looks again when a reconcile asks for it", () =>
  scene({
    reconcile: () => Promise.resolve<Result>({ requeueAfter: 5000 }),
  }, async ({ enqueue, clock, outcome, outcomes }) => {
    enqueue("x");
    assert.equal((await outcome(1)).outcome, "requeued");
    await clock.advance(4999);
    assert.equal(outcomes.length, 1);
    await clock.advance(1);
    await outcome(2);
  }));

Deno.test("controller waits as long as a busy server asks", () =>
  scene({
    reconcile: () =>
      Promise.reject(
        new KubeApiError({ code: 429, details: { retryAfterSeconds: 30 } }),
      ),
  }, async ({ enqueue, clock, outcome, outcomes }) => {
    enqueue("x");
    await outcome(1);
    await clock.advance(29_999);
    assert.equal(outcomes.length, 1);
    await clock.advance(1);
    await outcome(2);
  }));

Deno.test("controller works on one key once at a time, on several at once", async () => {
  const open: { name: string; finish: () => void }[] = [];
  await scene({
    concurrency: 2,
    reconcile: ({ name }) =>
      new Promise<void>((finish) => open.push({ name, finish })),
  }, async ({ enqueue, outcome }) => {
    for (const name of ["x", "y", "z", "x"]) enqueue(name);
    await eventually(() => open.length === 2);
    enqueue("x");
    open[0]!.finish();
    await outcome(1);
    open[1]!.finish();
    await eventually(() => open.length === 4);
    assert.deepEqual(open.map((o) => o.name), ["x", "y", "z", "x"]);
    for (const { finish } of open) finish();
    await outcome(4);
  });
});

Deno.test("controller goes on where a reconcile hangs, and comes back to it", async () => {
  let hang = true;
  await scene({
    timeout: 20,
    reconcile: () => {
      if (hang) return new Promise<void>(() => {});
      return Promise.resolve();
    },
  }, async ({ enqueue, clock, outcomes }) => {
    enqueue("x");
    while (!outcomes.length) await clock.advance(0);
    assert.match(String(outcomes[0]!.error), /took longer than 20 ms/);
    hang = false;
    while (outcomes.length < 2) await clock.advance(100);
    assert.equal(outcomes[1]!.outcome, "done");
  });
});

Deno.test("controller begins when its informers have synced, with all keys once", async () => {
  const hand = handInformer();
  const seen: string[] = [];
  await scene({
    sources: [{
      informer: hand.informer,
      filter: ({ object }) => object.metadata.name !== "ignored",
      keys: ({ metadata }: KubeObject) => [
        { namespace: metadata.namespace, name: metadata.annotations!.owner! },
      ],
    }],
    reconcile: ({ namespace, name }) => {
      seen.push(`${namespace}/${name}`);
      return Promise.resolve();
    },
  }, async ({ outcome }) => {
    hand.emit("1", "x");
    hand.emit("2", "x");
    hand.emit("ignored", "w");
    // Moved from one owner to another: both have to look.
    hand.emit("3", "z", "y");
    assert.deepEqual(seen, []);
    hand.synced();
    await outcome(3);
    assert.deepEqual(seen, ["a/x", "a/z", "a/y"]);
  });
  assert.equal(hand.listeners.size, 0, "it listens no more once stopped");
});

Deno.test("controller lets a reconcile finish when it is stopped", async () => {
  const stop = new AbortController();
  let finished = false;
  await runController({
    name: "test",
    signal: stop.signal,
    sources: [{ start: (enqueue) => enqueue({ name: "x" }) }],
    reconcile: async (_key, { signal }) => {
      stop.abort();
      assert(signal.aborted);
      await new Promise((resolve) => setTimeout(resolve, 1));
      finished = true;
    },
  });
  assert(finished);
});

Deno.test("controller lets timers have their turn while many keys need nothing", () => {
  let done = 0;
  const spin = () => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    done++;
    return Promise.resolve();
  };
  return scene({ reconcile: spin, concurrency: 4 }, async (scene) => {
    for (let i = 0; i < 1000; i++) scene.enqueue(`key-${i}`);
    // As that of a Lease's renewal.
    await new Promise((resolve) => setTimeout(resolve));
    assert.ok(done < 1000, `the timer came after all ${done} keys`);
    await scene.outcome(1000);
  });
});
