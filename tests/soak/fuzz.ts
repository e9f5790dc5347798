import { join } from "node:path";
import type { Child } from "../../cli/demo/child.ts";
import { clusterConfig } from "../../kube/cluster_config.ts";
import { loadKubeconfig } from "../../kube/kubeconfig.ts";
import { runFuzz } from "./fuzz/run.ts";
import type { Address } from "./fuzz/target.ts";
import { startServer } from "./server_process.ts";
import type { Soak } from "./soak.ts";

/** Memory that the server may take at the end, in MiB: its history, its caches, and the runtime. */
const MEMORY_MIB = 1200;

/** Generated requests, most of which no client should send. */
export const fuzz: Soak = {
  name: "fuzz",
  title:
    "Generated requests over HTTPS (methods, paths, headers, malformed JSON, YAML and protobuf, deep and huge bodies, patches of every type, selectors, odd schemas with CEL and their instances): no crash, no hang, no 5xx but those that are meant, every error a Status, memory bounded.",
  count: 200_000,
  unit: "requests",
  async run({ count, seed, dir, say }) {
    // Every kind that can be served has code of its own.
    const server = await startServer(dir, { args: ["--builtins", "all"] });
    try {
      const result = await runFuzz(await addressIn(dir), server.child, {
        requests: count,
        seed,
        log: say,
      });
      const { failures, requests, codes, memory } = result;
      if (failures.length > 0 || requests < count) {
        const list = failures.map(({ index, problem, curl }) =>
          `request ${index}: ${problem}\n${curl}`
        );
        throw new Error(
          `${failures.length} failures in ${requests} requests:\n${
            list.join("\n")
          }\n${ended(server.child)}`,
        );
      }
      if (memory.end > MEMORY_MIB) {
        throw new Error(
          `the server takes ${memory.end} MiB after ${requests} requests, more than ${MEMORY_MIB}`,
        );
      }
      return {
        "2xx": countOf(codes, "2"),
        "4xx": countOf(codes, "4"),
        "503, 504 and 507": countOf(codes, "5"),
        "server's memory after a tenth, MiB": memory.early,
        "server's memory at most, MiB": memory.peak,
        "server's memory at the end, MiB": memory.end,
      };
    } finally {
      await server.stop();
    }
  },
};

/** How the server ended, and its last words. */
function ended(child: Child): string {
  const { status } = child;
  const how = status
    ? `The server ended with ${status.signal ?? `exit code ${status.code}`}`
    : "The server still runs";
  return `${how}; its last lines:\n${child.tail(60)}`;
}

function countOf(codes: Record<string, number>, digit: string): number {
  return Object.entries(codes)
    .filter(([code]) => code.startsWith(digit))
    .reduce((sum, [, count]) => sum + count, 0);
}

async function addressIn(dir: string): Promise<Address> {
  const { server, caData, token } = clusterConfig(
    await loadKubeconfig({ path: join(dir, "admin.kubeconfig") }),
  ) as { server: string; caData: string; token: string };
  const { hostname, port } = new URL(server);
  return { url: server, hostname, port: Number(port), caData, token };
}
