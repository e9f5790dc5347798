import assert from "node:assert/strict";
import { openDatabase } from "./open_database.ts";
import { AcknowledgedNote, readAcknowledged } from "./acknowledged.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const KEY = { group: "", resource: "configmaps", namespace: "a" };

async function inFolder(work: (path: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/store.db`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function write(path: string, names: string[]) {
  const store = await Store.open(new SqliteLog(path));
  for (const name of names) {
    const metadata = {
      name,
      namespace: "a",
      uid: "1",
      resourceVersion: "",
      creationTimestamp: "2026-01-01T00:00:00Z",
    };
    await store.write({ ...KEY, name }, () => ({
      type: "put",
      object: { apiVersion: "v1", kind: "ConfigMap", metadata },
    }));
  }
  await store.close();
}

Deno.test("an older copy of the file does not start: what was acknowledged since is missing", async () => {
  await inFolder(async (path) => {
    await write(path, ["one"]);
    await Deno.copyFile(path, `${path}.old`);
    await write(path, ["two", "three"]);
    assert.equal(readAcknowledged(path), 3);
    const whole = await Deno.readFile(path);
    for (
      const older of [await Deno.readFile(`${path}.old`), new Uint8Array()]
    ) {
      await Deno.writeFile(path, older);
      await assert.rejects(
        Store.open(new SqliteLog(path)),
        /it ends at resourceVersion [01], and writes up to 3 were acknowledged .*store\.db-wal.*'faros restore FILE.*'faros apiserver salvage/,
      );
      assert.deepEqual(await Deno.readFile(path), older);
    }
    await Deno.writeFile(path, whole);
    await write(path, ["four"]);
    assert.equal(readAcknowledged(path), 4);
  });
});

Deno.test("the note holds of deletions whose rows are compacted", async () => {
  await inFolder(async (path) => {
    await write(path, ["one", "two"]);
    let store = await Store.open(new SqliteLog(path));
    await store.write({ ...KEY, name: "two" }, (current) => ({
      type: "delete",
      object: current!.object,
    }));
    await store.compact(3);
    await store.close();
    store = await Store.open(new SqliteLog(path));
    assert.equal(store.resourceVersion, 3);
    await store.close();
  });
});

Deno.test("a note that is half written, or cannot be written, stops nothing", async () => {
  await inFolder(async (path) => {
    await write(path, ["one"]);
    await Deno.writeTextFile(`${path}-acknowledged`, "               9");
    assert.equal(readAcknowledged(path), 0);
    openDatabase(path).close();
    await write(path, ["two"]);
    assert.equal(readAcknowledged(path), 2);
  });
  const note = new AcknowledgedNote("/no/such/folder/store.db");
  note.set(1);
  note.close();
});
