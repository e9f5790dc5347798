import { join } from "node:path";
import { startChild } from "../cli/demo/child.ts";
import { selfCommand } from "../cli/self_command.ts";
import { startKubeApiserver } from "../tests/engines/kube_apiserver.ts";
import { childrenNamed } from "./memory.ts";

/** An API server to measure, in processes of its own. */
export interface Target {
  kubeconfig: string;
  pids: number[];
  /** Milliseconds from its start until it served. */
  startMs: number;
  close(): Promise<void>;
}

/** The embedded API server with its data on disk. */
export async function startEmbedded(dir: string): Promise<Target> {
  const start = performance.now();
  const data = join(dir, "embedded");
  const child = startChild([
    ...selfCommand(),
    ...["apiserver", "--data", data, "--listen", "127.0.0.1:0"],
  ], { name: "faros apiserver" });
  try {
    await child.waitForLine(/^ready\b/, { timeout: 30_000 });
  } catch (error) {
    await child.kill();
    throw error;
  }
  return {
    kubeconfig: join(data, "admin.kubeconfig"),
    pids: [child.pid],
    startMs: performance.now() - start,
    close: async () => {
      await child.stop();
    },
  };
}

/** kube-apiserver with etcd, which also syncs to disk before it answers. */
export async function startKubernetes(): Promise<Target> {
  const start = performance.now();
  const server = await startKubeApiserver({ fsync: true });
  if (!server) throw new Error("KUBEBUILDER_ASSETS is not set");
  return {
    kubeconfig: server.kubeconfigPath,
    pids: childrenNamed(["kube-apiserver", "etcd"]),
    startMs: performance.now() - start,
    close: () => server.close(),
  };
}
