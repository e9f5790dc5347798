import assert from "node:assert/strict";
import type { KubeObject } from "../types.ts";
import { MemoryLog } from "./memory_log.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const maps = { group: "", resource: "configmaps" };

function object(name: string, data: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace: "a",
      uid: "u",
      resourceVersion: "",
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    data,
  };
}

function put(store: Store, name: string, data?: Record<string, string>) {
  return store.write({ ...maps, namespace: "a", name }, () => ({
    type: "put",
    object: object(name, data),
  }));
}

function remove(store: Store, name: string) {
  return store.write({ ...maps, namespace: "a", name }, (current) => ({
    type: "delete",
    object: current!.object,
  }));
}

async function inFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/store.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Store: writers of one object see each other's result in turn", async () => {
  const store = await Store.open(new MemoryLog());
  await Promise.all(
    Array.from(
      { length: 50 },
      () =>
        store.write({ ...maps, namespace: "a", name: "n" }, (current) => ({
          type: "put",
          object: object("n", {
            count: String(Number(current?.object.data.count ?? 0) + 1),
          }),
        })),
    ),
  );
  assert.equal(
    store.get({ ...maps, namespace: "a", name: "n" })?.object.data.count,
    "50",
  );
});

Deno.test("Store: nothing of a failed batch is visible, and later writes work", async () => {
  class Failing extends MemoryLog {
    fail = false;
    override append() {
      return this.fail
        ? Promise.reject(new Error("database or disk is full"))
        : super.append();
    }
  }
  const log = new Failing();
  const store = await Store.open(log);
  await put(store, "before");
  const seen: string[] = [];
  store.subscribe((change) => seen.push(change.object.metadata.name));
  log.fail = true;
  await assert.rejects(put(store, "lost"), /disk is full; free space/);
  assert.equal(store.get({ ...maps, namespace: "a", name: "lost" }), undefined);
  log.fail = false;
  await put(store, "after");
  assert.deepEqual(seen, ["after"]);
});

Deno.test("Store: lists as of an earlier resourceVersion", async () => {
  const store = await Store.open(new MemoryLog());
  await put(store, "b", { v: "1" });
  await put(store, "c");
  const then = store.resourceVersion;
  await put(store, "a");
  await put(store, "b", { v: "2" });
  await remove(store, "c");
  const names = (at: number) =>
    store.entriesAt({ ...maps, namespace: "a" }, at)
      .map((e) => `${e.name}${e.object.data.v ?? ""}`);
  assert.deepEqual(names(then), ["b1", "c"]);
  assert.deepEqual(names(store.resourceVersion), ["a", "b2"]);
});

Deno.test("Store: history that was compacted is Expired, the rest replays", async () => {
  const store = await Store.open(new MemoryLog());
  for (const name of ["a", "b", "c"]) await put(store, name);
  await store.compact(2);
  assert.throws(() => store.changesSince(maps, 1), {
    code: 410,
    reason: "Expired",
  });
  assert.deepEqual(
    store.changesSince(maps, 2).map((c) => c.entry.name),
    ["c"],
  );
});

Deno.test("Store: a file holds state, history and numbering across restarts", async () => {
  await inFolder(async (path) => {
    let store = await Store.open(new SqliteLog(path));
    await Promise.all(["a", "b", "c"].map((name) => put(store, name)));
    await put(store, "a", { v: "2" });
    await remove(store, "b");
    const { instance, resourceVersion } = store;
    await store.close();

    store = await Store.open(new SqliteLog(path));
    assert.equal(store.instance, instance);
    assert.equal(store.resourceVersion, resourceVersion);
    assert.deepEqual(
      store.changesSince(maps, 3).map((c) => [
        c.type,
        c.entry.name,
        c.old?.object.data,
      ]),
      [["MODIFIED", "a", {}], ["DELETED", "b", {}]],
    );
    await store.compact(store.resourceVersion);
    await store.close();

    store = await Store.open(new SqliteLog(path));
    assert.equal(store.resourceVersion, resourceVersion);
    assert.deepEqual(
      store.entriesAt(maps, resourceVersion).map((e) => e.name),
      ["a", "c"],
    );
    assert.throws(() => store.changesSince(maps, 4), { code: 410 });
    await store.close();
  });
});

Deno.test("SqliteLog: a second server on the same file is refused", async () => {
  await inFolder(async (path) => {
    const store = await Store.open(new SqliteLog(path));
    await assert.rejects(
      Store.open(new SqliteLog(path)),
      /another server is using it/,
    );
    await store.close();
  });
});
