import assert from "node:assert/strict";
import { configMap, TestClient } from "../test_client.ts";
import { startApiServer } from "../mod.ts";
import type { KubeObject } from "../types.ts";
import { openDatabase, transaction } from "./open_database.ts";
import { rowChecksum } from "./row_checksum.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
/** All but the one that a controller makes when it gets to it. */
const OURS = "fieldSelector=metadata.name%21%3Dkube-root-ca.crt";

Deno.test("compaction: a live watch misses nothing, however much history goes under it", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using server = await startApiServer({ dataDir, history: 20 });
    const api = new TestClient(server, server.adminToken);
    const start = (await api.get(MAPS)).body.metadata.resourceVersion;
    const watches = await Promise.all(
      [
        `${MAPS}?watch=true&resourceVersion=${start}&${OURS}`,
        `${MAPS}?watch=true&resourceVersion=${start}&labelSelector=even%3Dyes`,
      ].map((path) => api.watch(path)),
    );
    const changes = 400;
    for (let i = 0; i < changes; i++) {
      const labels = { even: i % 2 === 0 ? "yes" : "no" };
      const { code } = await api.post(
        MAPS,
        configMap(`m${i}`, {}, { labels }),
      );
      assert.equal(code, 201);
    }
    // What they were started from is long gone.
    const late = await api.watch(`${MAPS}?watch=true&resourceVersion=${start}`);
    assert.equal((await late.next()).object.code, 410);
    await late.stop();

    const wanted = Array.from({ length: changes }, (_, i) => `ADDED m${i}`);
    assert.deepEqual(await watches[0]!.names(changes), wanted);
    assert.deepEqual(
      await watches[1]!.names(changes / 2),
      wanted.filter((_, i) => i % 2 === 0),
    );
    for (const watch of watches) await watch.stop();
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("compaction: a start with very much history keeps as much as it should, and has the rest removed", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/store.db`;
  // More than is compacted at a time.
  const [changes, objects, history] = [25_000, 10, 100];
  const maps = { group: "", resource: "configmaps" };
  try {
    const db = openDatabase(path);
    const insert = db.prepare(
      "INSERT INTO log VALUES (?, ?, 0, ?, ?, ?, ?, ?)",
    );
    transaction(db, () => {
      for (let version = 1; version <= changes; version++) {
        const row = {
          resourceVersion: version,
          previous: Math.max(0, version - objects),
          deleted: false,
          resource: "/configmaps",
          namespace: "a",
          name: `m${version % objects}`,
          value: new TextEncoder().encode(
            JSON.stringify(configMap(`m${version % objects}`, {
              v: `${version}`,
            }, { namespace: "a", resourceVersion: `${version}` })),
          ),
        };
        const { resourceVersion, previous, resource, namespace, name } = row;
        insert.run(
          ...[resourceVersion, previous, resource, namespace, name],
          new TextDecoder().decode(row.value),
          rowChecksum(row),
        );
      }
    });
    db.close();
    const log = new SqliteLog(path);
    const compact = log.compact.bind(log);
    const { promise: compacted, resolve } = Promise.withResolvers<void>();
    log.compact = (to) => compact(to).then(resolve);
    const store = await Store.open(log, { history });
    assert.equal(store.resourceVersion, changes);
    assert.ok(store.compacted >= changes - 2 * history);
    assert.throws(() => store.changesSince(maps, changes / 2), /too old/);
    const kept = store.changesSince(maps, changes - history);
    assert.equal(kept.length, history);
    await compacted;
    await store.close();
    const stored = openDatabase(path);
    const { rows } = stored.prepare("SELECT count(*) AS rows FROM log").get()!;
    stored.close();
    assert.ok(Number(rows) <= 2 * history + objects, `${rows} rows`);
    const again = await Store.open(new SqliteLog(path), { history });
    for (let i = 0; i < objects; i++) {
      const { object } = again.get({ ...maps, namespace: "a", name: `m${i}` })!;
      assert.equal(Number(object.data.v) % objects, i);
      assert.ok(Number(object.data.v) > changes - objects);
    }
    await again.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("compaction: while a backup is read history stays on the disk, and not in memory", async () => {
  const dir = await Deno.makeTempDir();
  const path = `${dir}/store.db`;
  const [changes, history] = [200, 20];
  const maps = { group: "", resource: "configmaps" };
  const rows = () => {
    const db = openDatabase(path);
    const { rows } = db.prepare("SELECT count(*) AS rows FROM log").get()!;
    db.close();
    return Number(rows);
  };
  const write = async (store: Store, times: number) => {
    for (let i = 0; i < times; i++) {
      await store.write({ ...maps, namespace: "a", name: "m" }, () => ({
        type: "put",
        object: configMap("m", { v: `${i}` }, {
          namespace: "a",
        }) as unknown as KubeObject,
      }));
    }
  };
  try {
    const log = new SqliteLog(path);
    const store = await Store.open(log, { history });
    const hold = log.holdHistory();
    await write(store, changes);
    assert.ok(store.changesSince(maps, store.compacted).length < 2 * history);
    assert.throws(() => store.changesSince(maps, 1), /too old/);
    await store.close();
    hold[Symbol.dispose]();
    assert.equal(rows(), changes);

    const again = await Store.open(new SqliteLog(path), { history });
    await write(again, 2 * history);
    await again.close();
    assert.ok(rows() <= 4 * history, `${rows()} rows`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
