import assert from "node:assert/strict";
import { openDatabase, transaction, writeMeta } from "./open_database.ts";
import { openReadOnly } from "./read_only.ts";

async function contentOf(folder: string) {
  const files: Record<string, Uint8Array> = {};
  for await (const { name } of Deno.readDir(folder)) {
    files[name] = await Deno.readFile(`${folder}/${name}`);
  }
  return files;
}

Deno.test("openReadOnly: sees what a killed process left in the log, and leaves all as it is", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/copy`);
    const db = openDatabase(`${folder}/store.db`);
    transaction(db, () => writeMeta(db, "key", "value"));
    for (const name of ["store.db", "store.db-wal"]) {
      await Deno.copyFile(`${folder}/${name}`, `${folder}/copy/${name}`);
    }
    assert.throws(() => openReadOnly(`${folder}/store.db`), /locked/);
    db.close();

    const before = await contentOf(`${folder}/copy`);
    assert.ok(before["store.db-wal"]!.length > 0);
    {
      using file = openReadOnly(`${folder}/copy/store.db`);
      const query = "SELECT value FROM meta WHERE key = 'key'";
      assert.equal(file.db.prepare(query).get()!.value, "value");
    }
    assert.deepEqual(await contentOf(`${folder}/copy`), before);

    // Without a log, and of what is no database, none is left either.
    for (const bytes of [before["store.db"]!, new Uint8Array(8192).fill(7)]) {
      await Deno.remove(`${folder}/copy/store.db-wal`).catch(() => {});
      await Deno.writeFile(`${folder}/copy/store.db`, bytes);
      try {
        openReadOnly(`${folder}/copy/store.db`)[Symbol.dispose]();
      } catch (error) {
        assert.match(String(error), /not a database/);
      }
      assert.deepEqual(Object.keys(await contentOf(`${folder}/copy`)), [
        "store.db",
      ]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
