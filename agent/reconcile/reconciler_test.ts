import assert from "node:assert/strict";
import type { Agent, Assignment } from "../../api/agent.ts";
import type { Revision } from "../../api/revision.ts";
import {
  assignmentClaim,
  ClaimType,
  revisionName,
} from "../../api/protocol/claims.ts";
import type { KubeClient } from "../../kube/client.ts";
import { type Clock, FakeClock, systemClock } from "../../kube/clock.ts";
import { createLogger, silentLogger } from "../../kube/log.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import { openDeviceKeys } from "../identity/device_keys.ts";
import { HubTrust } from "../identity/hub_trust.ts";
import type { Identity } from "../identity/identity.ts";
import { ArtifactStore } from "../revision/artifact_store.ts";
import { RevisionStore } from "../revision/revision_store.ts";
import { SecretStore } from "../revision/secret_store.ts";
import { Stager } from "../revision/stage.ts";
import { StateFolder } from "../state/state_folder.ts";
import { Supervisor } from "../supervisor/supervisor.ts";
import { createHubKey } from "../testing/hub_key.ts";
import type { Progress } from "./progress.ts";
import { Reconciler } from "./reconciler.ts";

const self = { namespace: "site", agent: "press-1" };
const key = await createHubKey();

/** Works on any device. */
const EMPTY: Revision["spec"] = { plugins: [] };
/** Works on none that has this version of the agent. */
const UNABLE: Revision["spec"] = {
  plugins: [{
    name: "x",
    kind: "Monitoring",
    plugin: "x",
    version: "1.0.0",
    form: "executable",
    artifacts: [],
    publisher: { name: "hub", key: key.public },
    config: {},
  }],
};
const empty = await revisionName(EMPTY);
const unable = await revisionName(UNABLE);

async function assigned(
  revision: string,
  counter: number,
): Promise<Assignment> {
  const fields = {
    agentUID: "uid-1",
    revision,
    counter,
    signer: key.id,
    time: "2026-01-01T00:00:00Z",
  };
  const claim = assignmentClaim(fields, self);
  return { ...fields, signature: await key.sign(claim, ClaimType.assignment) };
}

async function agentWith(revision: string, counter: number): Promise<Agent> {
  return {
    metadata: { name: self.agent },
    status: { assignment: await assigned(revision, counter) },
  } as Agent;
}

interface Device {
  state: StateFolder;
  reconciler: Reconciler;
  readonly logs: string[];
  /** Starts it; {@linkcode withDevice} stops it. */
  start(): void;
  /** Waits until that Revision runs. */
  runs(revision: string): Promise<unknown>;
}

/** A device that has come that far before it was started. */
async function withDevice(
  before: {
    progress: Progress;
    online?: Pick<KubeClient, "get">;
    clock?: Clock;
    onChange?: (reconciler: Reconciler) => void;
  },
  test: (device: Device) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-reconciler-" });
  const logs: string[] = [];
  const controller = new AbortController();
  const supervisor = new Supervisor({
    command: ["none"],
    api: { call: () => Promise.reject(new Error("offline")) },
    log: silentLogger,
  });
  let done: Promise<void> | undefined;
  try {
    using state = await StateFolder.open(dir);
    const trust = await HubTrust.open(state);
    const claim = {};
    await trust.learn({
      keys: [key.public],
      anchor: { origin: "test", keys: [key.public] },
      proof: { jws: await key.sign(claim, "test"), claim, typ: "test" },
    });
    for (const spec of before.online ? [EMPTY] : [EMPTY, UNABLE]) {
      await state.writeJson(
        `revisions/${await revisionName(spec)}.json`,
        spec,
      );
    }
    await state.writeJson("progress.json", before.progress);
    const credential = { ...self, agentUID: "uid-1" };
    const reconciler: Reconciler = new Reconciler({
      state,
      identity: { trust, credential } as unknown as Identity,
      revisions: new RevisionStore(state),
      stager: new Stager({
        state,
        trust,
        artifacts: new ArtifactStore(state),
        secrets: new SecretStore(state, await openDeviceKeys(state)),
      }),
      supervisor,
      online: () =>
        before.online && {
          client: before.online as KubeClient,
          fetch: () => Promise.reject(new Error("no code here")),
        },
      onChange: () => before.onChange?.(reconciler),
      healthTimeout: 10,
      clock: before.clock ?? systemClock,
      log: createLogger({ write: (line) => logs.push(line) }),
    });
    await reconciler.load();
    let failure: unknown;
    await test({
      state,
      logs,
      reconciler,
      start() {
        done = reconciler.run(controller.signal).catch((error) => {
          failure = error;
        });
      },
      runs: (revision) =>
        eventually(() => {
          if (failure) throw failure;
          return reconciler.report().revision === revision;
        }, { timeout: 20_000, what: `${revision} runs` }),
    });
    controller.abort();
    await done;
  } finally {
    controller.abort();
    await supervisor.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a last good Revision that is damaged does not keep the device from its assignment", async () =>
  await withDevice({
    progress: {
      good: { revision: "r-lost", counter: 1 },
      assignment: await assigned(empty, 2),
    },
  }, async ({ start, runs }) => {
    start();
    await runs(empty);
  }));

Deno.test("a last good Revision that this version of the agent cannot run does not end the agent", async () =>
  await withDevice({
    progress: {
      good: { revision: unable, counter: 1 },
      assignment: await assigned(empty, 2),
    },
  }, async ({ start, runs }) => {
    start();
    await runs(empty);
  }));

Deno.test("an assignment that cannot be written to the disk is followed once it can", async () => {
  const clock = new FakeClock();
  await withDevice({ progress: {}, clock }, async (device) => {
    const { state, reconciler, start, runs } = device;
    start();
    const { writeJson } = state;
    state.writeJson = () => Promise.reject(new Error("no space left"));
    await reconciler.offer(await agentWith(empty, 1));
    assert.equal(reconciler.report().assignment, undefined);
    assert.match(reconciler.report().problem!.message, /no space left/);
    state.writeJson = writeJson;
    // Nobody else may have anything to say of this Agent for long.
    await clock.untilSleeping();
    await clock.advance(10_000);
    await runs(empty);
  });
});

Deno.test("an assignment is not blamed for the failure of the one before", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const online = {
    async get() {
      asked.resolve();
      await answer.promise;
      return { spec: UNABLE };
    },
  } as unknown as KubeClient;
  await withDevice(
    { progress: { assignment: await assigned(unable, 1) }, online },
    async ({ state, logs, reconciler, start, runs }) => {
      start();
      await asked.promise;
      const { writeJson } = state;
      // As slow as a worn flash disk: the old one fails meanwhile.
      const writing = Promise.withResolvers<void>();
      const slow = Promise.withResolvers<void>();
      state.writeJson = async (name, value) => {
        if (name === "progress.json") {
          writing.resolve();
          await slow.promise;
        }
        await writeJson.call(state, name, value);
      };
      const offered = reconciler.offer(await agentWith(empty, 2));
      await writing.promise;
      answer.resolve();
      await eventually(() => logs.some((l) => /Assignment failed/.test(l)));
      slow.resolve();
      await offered;
      await runs(empty);
    },
  );
});

Deno.test("what an older version of the agent could not run is tried again at the next start", async () =>
  await withDevice({
    progress: {
      assignment: await assigned(empty, 1),
      failed: { counter: 1, reason: "RevisionNotUnderstood", message: "" },
    },
  }, async ({ start, runs }) => {
    start();
    await runs(empty);
  }));

Deno.test("Revisions that fail one after the other do not fill the disk", async () =>
  await withDevice({
    progress: {
      good: { revision: empty, counter: 1 },
      assignment: await assigned(unable, 2),
    },
  }, async ({ state, reconciler, start, runs }) => {
    await state.write("revisions/r-failed-before.json", "{}");
    await state.write("artifacts/sha256-0", "");
    start();
    await runs(empty);
    await eventually(() => reconciler.report().failed, { timeout: 20_000 });
    const files = (folder: string) =>
      [...Deno.readDirSync(state.file(folder))].map(({ name }) => name).sort();
    await eventually(() => files("revisions").length === 2);
    assert.deepEqual(
      files("revisions"),
      [`${empty}.json`, `${unable}.json`].sort(),
    );
    await eventually(() => !files("artifacts").length);
  }));

Deno.test("a failure that is told in other words each time is not tried again without a pause", async () => {
  const clock = new FakeClock();
  let asked = 0;
  const tooOften = Promise.withResolvers<void>();
  const online = {
    get() {
      if (++asked > 40) tooOften.resolve();
      // As object stores and captive portals answer.
      return Promise.reject(new Error(`503 request id ${asked}`));
    },
  } as unknown as KubeClient;
  await withDevice({
    progress: { assignment: await assigned(unable, 1) },
    online,
    clock,
    // The status is written, and the watch tells of that.
    onChange: (reconciler) => void setTimeout(() => reconciler.retry()),
  }, async ({ start }) => {
    start();
    await Promise.race([
      (async () => {
        await clock.untilSleeping();
        for (let n = 0; n < 100; n++) await clock.advance(100);
      })(),
      tooOften.promise,
    ]);
    assert.ok(asked <= 20, `it asked ${asked} times within 10 s`);
    assert.ok(asked > 1);
  });
});
