import { join } from "node:path";
import { type Child, startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";
import { clusterConfig } from "../../kube/cluster_config.ts";
import { loadKubeconfig } from "../../kube/kubeconfig.ts";
import { HttpsClient } from "./https_client.ts";

/** `faros apiserver` as a process of its own. */
export interface ServerProcess {
  readonly child: Child;
  /** The administrator's. */
  readonly client: HttpsClient;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
}

/** Options of {@linkcode startServer}. */
export interface ServerOptions {
  /** 0 takes a free one. @default {0} */
  port?: number;
  /** Further words of the command line. */
  args?: string[];
  /** Milliseconds until it has to serve. @default {60000} */
  timeout?: number;
}

/** The command line that runs the server on a data folder. */
export function serverCommand(
  data: string,
  { port = 0, args = [] }: ServerOptions = {},
): string[] {
  const listen = `127.0.0.1:${port}`;
  return [
    ...selfCommand(),
    ...["apiserver", "--data", data, "--listen", listen, ...args],
  ];
}

/** Starts the server on a data folder, and waits until it serves. */
export async function startServer(
  data: string,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const { timeout = 60_000 } = options;
  const command = serverCommand(data, options);
  const child = startChild(command, { name: "apiserver" });
  try {
    await child.waitForLine(/^ready\b/, { timeout });
    const kubeconfig = await loadKubeconfig({
      path: join(data, "admin.kubeconfig"),
    });
    const client = new HttpsClient(clusterConfig(kubeconfig));
    const end = (work: () => Promise<unknown>) => async () => {
      await work();
      client.close();
    };
    return {
      child,
      client,
      kill: end(() => child.kill()),
      stop: end(() => child.stop()),
    };
  } catch (error) {
    await child.kill();
    throw error;
  }
}
