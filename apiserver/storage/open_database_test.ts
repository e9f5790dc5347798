import assert from "node:assert/strict";
import { openDatabase, transaction, writeMeta } from "./open_database.ts";

Deno.test("openDatabase: writes nothing to a file that a killed process left, so that a full disk stops no start", async () => {
  const folder = await Deno.makeTempDir();
  const [original, copy] = [`${folder}/original.db`, `${folder}/copy.db`];
  try {
    const db = openDatabase(original);
    transaction(db, () => writeMeta(db, "key", "value"));
    const bytes: Record<string, Uint8Array> = {};
    for (const end of ["", "-wal"]) {
      bytes[end] = await Deno.readFile(original + end);
      await Deno.writeFile(copy + end, bytes[end]);
    }
    db.close();
    assert.ok(bytes["-wal"]!.length > 0);
    const again = openDatabase(copy);
    for (const end of ["", "-wal"]) {
      assert.deepEqual(await Deno.readFile(copy + end), bytes[end]);
    }
    again.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
