import assert from "node:assert/strict";
import { SqliteLog } from "../storage/sqlite_log.ts";
import { Store } from "../storage/store.ts";
import { backupPath } from "./backup_path.ts";

const MAPS = { group: "", resource: "configmaps", namespace: "a" };

async function put(store: Store, name: string) {
  await store.write({ ...MAPS, name }, () => ({
    type: "put",
    object: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: "a",
        uid: "1",
        resourceVersion: "",
        creationTimestamp: "2026-01-01T00:00:00Z",
      },
      data: { fill: "x".repeat(500_000) },
    },
  }));
}

/** The timers that are set, each as what it calls. */
type Timers = Set<() => void>;

async function withBackup(
  work: (
    store: Store,
    body: ReadableStream<Uint8Array>,
    timers: Timers,
  ) => Promise<void>,
) {
  const timers: Timers = new Set();
  const dataDir = await Deno.makeTempDir();
  const log = new SqliteLog(`${dataDir}/store.db`);
  const store = await Store.open(log);
  try {
    // More than is read at a time.
    for (let i = 0; i < 6; i++) await put(store, `m${i}`);
    const path = backupPath({
      store,
      log,
      dataDir,
      now: () => new Date(),
      schedule(callback) {
        timers.add(callback);
        return () => timers.delete(callback);
      },
    });
    const request = new Request("https://localhost/backup");
    const response = await path("/backup", request);
    await work(store, response!.body!, timers);
    assert.equal(timers.size, 0);
  } finally {
    await store.close();
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("a client that takes nothing of a backup any more is given up, and history is compacted again", async () => {
  await withBackup(async (store, body, timers) => {
    const reader = body.getReader();
    assert.equal((await reader.read()).done, false);
    assert.equal(timers.size, 1);
    for (const passes of timers) passes();
    // Without the client being given up this would wait for ever.
    await store.compact(store.resourceVersion - 1);
    assert.equal(store.compacted, store.resourceVersion - 1);
    await assert.rejects(reader.read(), /the client of a backup took nothing/);
  });
});

Deno.test("history waits for a client that goes on, and for no one after the end", async () => {
  await withBackup(async (store, body) => {
    const reader = body.getReader();
    await reader.read();
    let compacted = false;
    const compacting = store.compact(store.resourceVersion - 1)
      .then(() => compacted = true);
    for (;;) {
      const { done } = await reader.read();
      // At the end it may be on its way.
      if (done) break;
      assert.equal(compacted, false);
    }
    await compacting;
  });
});

Deno.test("a client that goes away holds nothing up", async () => {
  await withBackup(async (store, body) => {
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    await store.compact(store.resourceVersion - 1);
  });
});
