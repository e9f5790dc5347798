import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { checkWal, readWal } from "./check_wal.ts";
import { openDatabase, transaction } from "./open_database.ts";
import { SqliteLog } from "./sqlite_log.ts";
import { Store } from "./store.ts";

const FRAME = 4096 + 24;

/** Works on copies of a database with its write-ahead log, as a process that was killed leaves them. */
async function withWal(
  transactions: number,
  work: (path: string, wal: Uint8Array<ArrayBuffer>) => void | Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  try {
    const db = openDatabase(`${folder}/original.db`);
    const insert = db.prepare(
      "INSERT INTO meta VALUES (?, ?)",
    );
    for (let i = 0; i < transactions; i++) {
      // A few pages each.
      transaction(db, () => {
        insert.run(`key${i}`, "v".repeat(9000));
      });
    }
    const wal = await Deno.readFile(`${folder}/original.db-wal`);
    await Deno.copyFile(`${folder}/original.db`, `${folder}/copy.db`);
    db.close();
    await work(`${folder}/copy.db`, wal);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How many keys SQLite finds. */
function keys(path: string): number {
  const db = new DatabaseSync(path);
  try {
    const row = db.prepare(
      "SELECT count(*) AS n FROM meta WHERE key LIKE 'key%'",
    ).get();
    return row!.n as number;
  } finally {
    db.close();
  }
}

Deno.test("readWal: ends transactions where SQLite does", async () => {
  await withWal(12, async (path, wal) => {
    const { commits, lostCommits } = readWal(wal);
    assert.equal(lostCommits, 0);
    assert.equal(commits.at(-1), wal.length);
    const folder = path.replace(/copy\.db$/, "");
    for (let i = 1; i <= 12; i++) {
      // The last transactions are those with keys.
      const end = commits.at(-i)!;
      for (const [cut, left] of [[end, 13 - i], [end - 1, 12 - i]] as const) {
        const copy = `${folder}cut-${i}-${cut}.db`;
        await Deno.copyFile(path, copy);
        await Deno.writeFile(`${copy}-wal`, wal.slice(0, cut));
        assert.equal(keys(copy), left);
      }
    }
  });
});

Deno.test("checkWal: what was being written when the power failed is no damage", async () => {
  await withWal(5, async (path, wal) => {
    const { commits } = readWal(wal);
    const last = commits.at(-2)!;
    const torn = wal.slice();
    // All of the last transaction but its end has not reached the disk.
    torn.fill(0, last, wal.length - FRAME);
    for (
      const bytes of [
        wal,
        torn,
        wal.slice(0, last + 100),
        wal.slice(0, 10),
        new Uint8Array(),
        new Uint8Array([...wal, ...wal.slice(32, 32 + FRAME + 50)]),
      ]
    ) {
      await Deno.writeFile(`${path}-wal`, bytes);
      checkWal(path);
    }
    await Deno.remove(`${path}-wal`);
    checkWal(path);
  });
});

Deno.test("checkWal: damage before what is safe on the disk stops the start, and changes nothing", async () => {
  await withWal(10, async (path, wal) => {
    const { commits } = readWal(wal);
    const at = commits.at(-5)! + 24 + 50;
    wal[at]! ^= 1;
    await Deno.writeFile(`${path}-wal`, wal);
    for (let time = 0; time < 2; time++) {
      await assert.rejects(
        Store.open(new SqliteLog(path)),
        /copy\.db-wal has a frame that is not what was written, and at least 4 transactions behind it.*'faros apiserver salvage/,
      );
    }
    assert.deepEqual(await Deno.readFile(`${path}-wal`), wal);
  });
});
