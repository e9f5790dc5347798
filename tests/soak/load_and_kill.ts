import type { Random } from "../random.ts";
import type { ServerProcess } from "./server_process.ts";
import type { Workload } from "./workload.ts";

/** SIGKILL of a server under concurrent writes, at a random moment before `loadMs` milliseconds have gone by. */
export async function loadAndKill(
  workload: Workload,
  server: ServerProcess,
  { random, loadMs }: { random: Random; loadMs: number },
): Promise<void> {
  const stop = new AbortController();
  const loading = workload.load(server.client, stop.signal);
  const after = 20 + random.int(loadMs);
  await Promise.race([
    loading,
    new Promise((resolve) => setTimeout(resolve, after)),
  ]);
  await server.kill();
  stop.abort();
  await loading;
}
