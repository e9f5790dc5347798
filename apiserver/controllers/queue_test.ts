import assert from "node:assert/strict";
import { KeyedQueue, type Result } from "./queue.ts";

/** A queue whose timers fire when told. */
function setUp(
  work: (key: string) => Promise<Result>,
  options: { concurrency?: number } = {},
) {
  const timers: { milliseconds: number; fire: () => void }[] = [];
  const abort = new AbortController();
  const queue = new KeyedQueue(work, {
    signal: abort.signal,
    ...options,
    schedule(callback, milliseconds) {
      const timer = { milliseconds, fire: callback };
      timers.push(timer);
      return () => {
        timers.splice(timers.indexOf(timer), 1);
      };
    },
  });
  const fire = () => timers.shift()!.fire();
  return { queue, timers, fire, abort };
}

Deno.test("a key added while it waits is worked on once", async () => {
  const seen: string[] = [];
  const { queue } = setUp((key) => {
    seen.push(key);
    return Promise.resolve();
  }, { concurrency: 1 });
  for (const key of ["a", "b", "b", "b"]) queue.add(key);
  await queue.settled();
  assert.deepEqual(seen, ["a", "b"]);
});

Deno.test("a key added while it is worked on is worked on again, never twice at once", async () => {
  let running = 0;
  let runs = 0;
  const gates: (() => void)[] = [];
  const { queue } = setUp(async () => {
    running++;
    runs++;
    assert.equal(running, 1);
    await new Promise<void>((resolve) => gates.push(resolve));
    running--;
  });
  queue.add("a");
  await Promise.resolve().then(() => {});
  queue.add("a");
  queue.add("a");
  while (gates.length === 0) await Promise.resolve();
  gates.shift()!();
  while (gates.length === 0) await Promise.resolve();
  gates.shift()!();
  await queue.settled();
  assert.equal(runs, 2);
});

Deno.test("a key that fails comes again after longer and longer, until it succeeds", async () => {
  let failures = 4;
  const { queue, timers, fire } = setUp(() =>
    failures-- > 0 ? Promise.reject(new Error("no")) : Promise.resolve()
  );
  const waits: number[] = [];
  queue.add("a");
  await queue.settled();
  while (timers.length > 0) {
    waits.push(timers[0]!.milliseconds);
    fire();
    await queue.settled();
  }
  assert.deepEqual(waits, [5, 10, 20, 40]);
});

Deno.test("the end takes timers and what waits with it", async () => {
  const seen: string[] = [];
  const { queue, timers, abort } = setUp((key) => {
    seen.push(key);
    return Promise.resolve({ after: 1000 });
  }, { concurrency: 1 });
  queue.add("a");
  await queue.settled();
  assert.equal(timers[0]?.milliseconds, 1000);
  queue.add("b");
  queue.add("c");
  abort.abort();
  await queue.settled();
  assert.deepEqual(seen, ["a", "b"]);
  assert.deepEqual(timers, []);
});
