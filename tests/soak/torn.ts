import assert from "node:assert/strict";
import { join } from "node:path";
import { readBackup, salvage } from "../../apiserver/backup/mod.ts";
import { seededRandom } from "../random.ts";
import { loadAndKill } from "./load_and_kill.ts";
import { RESOURCES } from "./objects.ts";
import { type ServerProcess, startServer } from "./server_process.ts";
import type { Soak } from "./soak.ts";
import { type Damage, tear } from "./tear.ts";
import { Workload } from "./workload.ts";

/** Longest time under load before a kill, in milliseconds. */
const LOAD_MS = 400;
/** All that a state consists of. */
const FILES = ["store.db", "store.db-wal", "store.db-acknowledged"];

type Files = Map<string, Uint8Array>;

/** The last pages of the database and of its write-ahead log are torn after a kill. */
export const torn: Soak = {
  name: "torn",
  title:
    "After a SIGKILL the end of the write-ahead log or of the database is cut off or overwritten: the server starts with every acknowledged write, or refuses to start, names the file and the way out, and leaves the log as it is.",
  count: 100,
  unit: "rounds",
  async run({ count, seed, random, dir, say }) {
    const data = join(dir, "data");
    // Choices of its own: how many it makes depends on the time, and the places of the damage must not.
    const workload = new Workload(seededRandom(seed + 1));
    const figures = { started: 0, refused: 0, saved: 0 };
    let server = await startServer(data);
    await workload.prepare(server.client);
    for (let round = 1; round <= count; round++) {
      const watching = workload.watch(server.client);
      watching.catch(() => {});
      await workload.check(server.client);
      await loadAndKill(workload, server, { random, loadMs: LOAD_MS });
      await watching;
      const whole = readFiles(data);
      const damage = tear(join(data, "store.db"), random);
      const torn = await startTorn(data, damage);
      if (torn) {
        figures.started++;
        assert.ok(
          damage.then !== "refused",
          `it started with ${damage.what}`,
        );
        for (const resource of RESOURCES) {
          await workload.checkState(resource, torn.client);
        }
        server = torn;
      } else {
        figures.refused++;
        assert.ok(damage.then !== "starts", `it refused ${damage.what}`);
        if (await isSaved(data)) figures.saved++;
      }
      // A page that nothing is on yet may be a damaged one: what is written later would find it.
      if (!torn || damage.file === "store.db") {
        await torn?.kill();
        writeFiles(data, whole);
        server = await startServer(data);
      }
      if (round % 10 === 0) say(`round ${round} of ${count}`);
    }
    const watching = workload.watch(server.client);
    await workload.check(server.client);
    await server.stop();
    await watching;
    return {
      "starts with everything": figures.started,
      "starts refused": figures.refused,
      "of them with something to save": figures.saved,
      ...workload.figures,
    };
  },
};

/** Nothing where it refused to start, in the words that it has to. */
async function startTorn(
  data: string,
  damage: Damage,
): Promise<ServerProcess | undefined> {
  const before = readFiles(data);
  try {
    return await startServer(data);
  } catch (error) {
    const message = (error as Error).message;
    assert.match(
      message,
      /Cannot open \S*store\.db: .*(damaged|malformed|not a database).*'faros restore FILE.*'faros apiserver salvage/s,
      `${damage.what}: ${message}`,
    );
    if (damage.file === "store.db-wal") {
      assert.deepEqual(readFiles(data), before, `${damage.what}: changed`);
    }
    return undefined;
  }
}

/** Whether `salvage` finds something, which then is a whole backup. */
async function isSaved(data: string): Promise<boolean> {
  const before = readFiles(data);
  let saved = true;
  try {
    const { bytes, lost } = await salvage(data);
    await readBackup(bytes);
    assert.ok(lost.length > 0, "nothing is said to be lost");
  } catch (error) {
    if (!/^Cannot save anything of /.test(String((error as Error).message))) {
      throw error;
    }
    saved = false;
  }
  assert.deepEqual(readFiles(data), before, "salvage changed a file");
  return saved;
}

function readFiles(data: string): Files {
  const files: Files = new Map();
  for (const name of FILES) {
    try {
      files.set(name, Deno.readFileSync(join(data, name)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return files;
}

function writeFiles(data: string, files: Files) {
  for (const name of FILES) {
    const bytes = files.get(name);
    if (bytes) Deno.writeFileSync(join(data, name), bytes);
    else if (readFiles(data).has(name)) Deno.removeSync(join(data, name));
  }
}
