import { join } from "node:path";
import { startChild } from "../../cli/demo/child.ts";
import { type Random, seededRandom } from "../random.ts";
import { loadAndKill } from "./load_and_kill.ts";
import { serverCommand, startServer } from "./server_process.ts";
import type { Soak } from "./soak.ts";
import { Workload } from "./workload.ts";

/** Longest time under load before a kill, in milliseconds. */
const LOAD_MS = 1500;
/** A server is up within this, mostly: kills of a start fall before it. */
const START_MS = 500;
/** Part of the rounds in which the next start is killed too. */
const KILLED_STARTS = 0.2;
/** Part of the rounds after which Secrets are encrypted with a new key. */
const NEW_KEYS = 0.15;

/** SIGKILL of the API server at random moments under concurrent writes. */
export const crash: Soak = {
  name: "crash",
  title:
    "SIGKILL of the server under concurrent writes: every acknowledged write is there and whole, resourceVersions never go back, and watches resumed from the last seen version miss nothing.",
  count: 200,
  unit: "rounds",
  async run({ count, seed, random, dir, say }) {
    const data = join(dir, "data");
    // Choices of its own: how many it makes depends on the time, and the moments of the kills must not.
    const workload = new Workload(seededRandom(seed + 1));
    const keyFile = join(dir, "keys");
    const options = { args: ["--encryption-key-file", keyFile] };
    let keys = [newKey(random)];
    await Deno.writeTextFile(keyFile, keys.join("\n"));
    let killedStarts = 0;
    let server = await startServer(data, options);
    await workload.prepare(server.client);
    for (let round = 1; round <= count; round++) {
      const watching = workload.watch(server.client);
      // A finding of a watch has to show up although nobody waits for it yet.
      watching.catch(() => {});
      await workload.check(server.client);
      await loadAndKill(workload, server, { random, loadMs: LOAD_MS });
      await watching;
      if (random.next() < NEW_KEYS) {
        // Nobody waits until the old ones are no longer needed: a kill may come between.
        keys = [newKey(random), ...keys];
        await Deno.writeTextFile(keyFile, keys.join("\n"));
      }
      if (random.next() < KILLED_STARTS) {
        await killStart(serverCommand(data, options), random);
        killedStarts++;
      }
      server = await startServer(data, options);
      if (round % 20 === 0) say(`round ${round} of ${count}`);
    }
    const watching = workload.watch(server.client);
    await workload.check(server.client);
    await server.stop();
    await watching;
    return {
      kills: count,
      "kills while starting": killedStarts,
      "encryption keys": keys.length,
      ...workload.figures,
    };
  },
};

function newKey(random: Random): string {
  const bytes = Array.from({ length: 32 }, () => random.int(256));
  return btoa(String.fromCharCode(...bytes));
}

async function killStart(command: string[], random: Random) {
  const child = startChild(command, { name: "apiserver" });
  await new Promise((resolve) => setTimeout(resolve, random.int(START_MS)));
  await child.kill();
}
