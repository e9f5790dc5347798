import { join } from "node:path";
import { startChild } from "../cli/demo/child.ts";
import { selfCommand } from "../cli/self_command.ts";
import { clusterConfig } from "../kube/cluster_config.ts";
import { loadKubeconfig } from "../kube/kubeconfig.ts";
import { freePort } from "../tests/engines/process.ts";
import { startKubeApiserver } from "../tests/engines/kube_apiserver.ts";
import type { Address } from "./load_tool.ts";
import { childrenNamed } from "./memory.ts";

/** An API server to measure, in processes of its own. */
export interface Target {
  kubeconfig: string;
  /** The same, with the administrator's token. */
  address: Address;
  pids: number[];
  /** Milliseconds from its start until it served. */
  startMs: number;
  close(): Promise<void>;
}

/**
 * The embedded API server with its data on disk.
 *
 * @param options.inspect Makes it take V8's inspector's connections at a port of its own
 */
export async function startEmbedded(
  dir: string,
  { inspect = false }: { inspect?: boolean } = {},
): Promise<Target & { inspectorUrl?: string }> {
  const start = performance.now();
  const data = join(dir, "embedded");
  const port = inspect ? freePort() : undefined;
  const [program, run, ...self] = selfCommand() as [string, string];
  const child = startChild([
    ...[program, run, ...port ? [`--inspect=127.0.0.1:${port}`] : [], ...self],
    ...["apiserver", "--data", data, "--listen", "127.0.0.1:0"],
  ], { name: "faros apiserver" });
  try {
    await child.waitForLine(/^ready\b/, { timeout: 30_000 });
  } catch (error) {
    await child.kill();
    throw error;
  }
  const startMs = performance.now() - start;
  const kubeconfig = join(data, "admin.kubeconfig");
  return {
    ...port ? { inspectorUrl: await inspectorUrlAt(port) } : {},
    kubeconfig,
    address: await addressIn(kubeconfig),
    pids: [child.pid],
    startMs,
    close: async () => {
      await child.stop();
    },
  };
}

/** The address of the main thread, as V8's inspector tells it. */
async function inspectorUrlAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/json`);
  const [{ webSocketDebuggerUrl }] = await answer.json();
  return webSocketDebuggerUrl;
}

/** kube-apiserver with etcd, which also syncs to disk before it answers. */
export async function startKubernetes(): Promise<Target> {
  const start = performance.now();
  const server = await startKubeApiserver({ fsync: true });
  if (!server) throw new Error("KUBEBUILDER_ASSETS is not set");
  const startMs = performance.now() - start;
  return {
    kubeconfig: server.kubeconfigPath,
    address: await addressIn(server.kubeconfigPath),
    pids: childrenNamed(["kube-apiserver", "etcd"]),
    startMs,
    close: () => server.close(),
  };
}

/** The server of a kubeconfig, with its token. */
export async function addressIn(path: string): Promise<Address> {
  const { server, token = "", caData = "" } = clusterConfig(
    await loadKubeconfig({ path }),
  );
  return { url: server, token, caData };
}
