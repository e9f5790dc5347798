import assert from "node:assert/strict";
import { backupOfFolder, readBackup } from "../apiserver/backup/mod.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { saveBackup } from "./backup_file.ts";
import { bufferIo } from "./io.ts";

Deno.test("saveBackup(): of two at a time to one file the second is refused, and the first is whole", async () => {
  const dir = await Deno.makeTempDir();
  const io = bufferIo();
  const file = `${dir}/b`;
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  async function* nothing() {}
  async function* slow() {
    for await (const bytes of backupOfFolder(`${dir}/data`)) {
      yield bytes;
      begun.resolve();
      await goOn.promise;
    }
  }
  try {
    const server = await startApiServer({
      dataDir: `${dir}/data`,
      listen: false,
    });
    await server.close();
    const first = saveBackup(slow(), { file, io });
    await begun.promise;
    await assert.rejects(
      saveBackup(nothing(), { file, io }),
      /another one is being written to .*b\.partial; wait for it/,
    );
    goOn.resolve();
    const { rows } = await first;
    const stored = await readBackup((await Deno.open(file)).readable);
    assert.equal(stored.rows, rows);
    assert.deepEqual(
      Array.from(Deno.readDirSync(dir), ({ name }) => name).sort(),
      ["b", "data"],
    );
    // Nothing else loses its place to a backup, least of all what is backed up.
    const database = `${dir}/data/store.db`;
    const before = await Deno.readFile(database);
    await assert.rejects(
      saveBackup(backupOfFolder(`${dir}/data`), { file: database, io }),
      /store\.db: a file is there already that is no backup; name another/,
    );
    assert.deepEqual(await Deno.readFile(database), before);
    await assert.rejects(
      saveBackup(backupOfFolder(`${dir}/data`), { file: dir, io }),
      /: it is no file; name another/,
    );
    // What a process that died left behind is in nobody's way.
    await Deno.writeTextFile(`${file}.partial`, "x".repeat(1 << 20));
    await saveBackup(backupOfFolder(`${dir}/data`), { file, io });
    await readBackup((await Deno.open(file)).readable);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
