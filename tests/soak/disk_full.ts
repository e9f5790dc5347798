import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../engines/process.ts";
import { seededRandom } from "../random.ts";
import { RESOURCES } from "./objects.ts";
import { type ServerProcess, startServer } from "./server_process.ts";
import { mountSmallDisk, smallDiskMissing } from "./small_disk.ts";
import type { Soak } from "./soak.ts";
import { Workload } from "./workload.ts";

const DISK_BYTES = 48 << 20;
/** What is left when the disk is "filled": some writes fit, then none. */
const LEFT_BYTES = 256 << 10;
/** Longest time of writes once there is space again, in milliseconds. */
const WRITE_MS = 1000;
/** Part of the rounds in which the server is killed and started again on the full disk. */
const RESTARTS = 0.4;

/** The disk fills up under load, and has space again later. */
export const diskFull: Soak = {
  name: "disk_full",
  title:
    "The disk fills up under concurrent writes: they are refused with 507, reads and watches go on, also over a SIGKILL and a start on the full disk, and writes work again as soon as there is space.",
  count: 40,
  unit: "rounds",
  missing: smallDiskMissing,
  async run({ count, seed, random, dir, say }) {
    await using disk = await mountSmallDisk(join(dir, "disk"), DISK_BYTES);
    const data = join(disk.dir, "data");
    // The same each time: an unchanged kubeconfig need not be written to a full disk.
    const port = freePort();
    // Choices of its own: how many it makes depends on the time, and the moments of the kills must not.
    const workload = new Workload(seededRandom(seed + 1));
    let restarts = 0;
    let server = await startServer(data, { port });
    await workload.prepare(server.client);
    for (let round = 1; round <= count; round++) {
      let watching = workload.watch(server.client);
      watching.catch(() => {});
      await workload.check(server.client);
      await disk.fill(random.int(LEFT_BYTES));
      await loadUntilRefused(workload, server);
      if (random.next() < RESTARTS) {
        await server.kill();
        await watching;
        restarts++;
        server = await startServer(data, { port });
        watching = workload.watch(server.client);
        watching.catch(() => {});
      }
      for (const resource of RESOURCES) {
        await workload.checkState(resource, server.client);
      }
      await disk.free();
      // On the server that just refused them.
      await loadFor(workload, server, random.int(WRITE_MS));
      await workload.check(server.client);
      await server.stop();
      await watching;
      server = await startServer(data, { port });
      if (round % 10 === 0) say(`round ${round} of ${count}`);
    }
    await server.stop();
    return {
      "times full": count,
      "starts on the full disk": restarts,
      "writes refused with 507": workload.refused.get(507) ?? 0,
      ...workload.figures,
    };
  },
};

async function loadFor(workload: Workload, server: ServerProcess, ms: number) {
  const stop = new AbortController();
  const loading = workload.load(server.client, stop.signal);
  await new Promise((resolve) => setTimeout(resolve, ms));
  stop.abort();
  await loading;
}

async function loadUntilRefused(workload: Workload, server: ServerProcess) {
  const before = workload.refused.get(507) ?? 0;
  const stop = new AbortController();
  const loading = workload.load(server.client, stop.signal);
  const deadline = Date.now() + 60_000;
  while ((workload.refused.get(507) ?? 0) < before + 30) {
    assert.ok(Date.now() < deadline, "no write was refused in a minute");
    await Promise.race([
      loading,
      new Promise((resolve) => setTimeout(resolve, 20)),
    ]);
  }
  stop.abort();
  await loading;
}
