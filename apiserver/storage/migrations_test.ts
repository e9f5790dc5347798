import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { LAYOUT_VERSION, layoutOf } from "./migrations.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

async function inFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/store.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function pragma(path: string, name: string): unknown {
  const db = new DatabaseSync(path);
  try {
    return Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0];
  } finally {
    db.close();
  }
}

// testdata/layout_1.db was written by the program whose layout was 1: two ConfigMaps (one changed, one deleted), a
// Secret that was changed, compacted up to resourceVersion 1.
Deno.test("migrate: a file of layout 1 opens with its objects, history and numbering", async () => {
  await inFolder(async (path) => {
    await Deno.copyFile(
      new URL("./testdata/layout_1.db", import.meta.url),
      path,
    );
    assert.equal(pragma(path, "user_version"), 1);
    // The second time there is nothing left to migrate.
    for (let time = 0; time < 2; time++) {
      const store = await Store.open(new SqliteLog(path));
      assert.equal(store.instance, "ac006f33-8f85-4ab5-9ce1-06e21f568651");
      assert.equal(store.resourceVersion, 6);
      assert.equal(store.compacted, 1);
      const get = (resource: string, name: string) =>
        store.get({ group: "", resource, namespace: "a", name })?.object.data;
      assert.deepEqual(get("configmaps", "kept"), { v: "2" });
      assert.equal(get("configmaps", "gone"), undefined);
      assert.deepEqual(get("secrets", "login"), {
        password: btoa("new plaintext"),
      });
      assert.deepEqual(
        store.changesSince({ group: "", resource: "configmaps" }, 1)
          .map(({ type, entry }) => `${type} ${entry.name}`),
        ["MODIFIED kept", "ADDED gone", "DELETED gone"],
      );
      await store.close();
    }
    assert.equal(pragma(path, "user_version"), LAYOUT_VERSION);
    assert.equal(pragma(path, "auto_vacuum"), 2);
    assert.equal(pragma(path, "integrity_check"), "ok");
  });
});

Deno.test("migrate: a migrated file has the same tables as a new one", async () => {
  const tables = (path: string) => {
    const db = new DatabaseSync(path);
    const columns = db.prepare(
      "SELECT m.name AS t, c.* FROM sqlite_schema m, pragma_table_info(m.name) c ORDER BY m.name, cid",
    ).all();
    const layout = layoutOf(db);
    db.close();
    // Added columns have a default, which those of a new file get on the same way.
    return { layout, columns };
  };
  await inFolder(async (path) => {
    await Deno.copyFile(
      new URL("./testdata/layout_1.db", import.meta.url),
      path,
    );
    await (await Store.open(new SqliteLog(path))).close();
    await (await Store.open(new SqliteLog(`${path}.new`))).close();
    assert.deepEqual(tables(path), tables(`${path}.new`));
  });
});

Deno.test("migrate: a file of a newer program is refused and left alone", async () => {
  await inFolder(async (path) => {
    const db = new DatabaseSync(path);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA user_version = 99");
    db.close();
    await assert.rejects(
      Store.open(new SqliteLog(path)),
      /its layout has version 99, this program knows up to 2: start a newer program/,
    );
    assert.equal(pragma(path, "user_version"), 99);
  });
});
