/**
 * Faros: the program and the library.
 *
 * Run, it is the command line `faros`. Imported, it is the parts to embed, each loaded when it is first called. The
 * kinds are at `./api/mod.ts`, the Kubernetes client at `./kube/mod.ts`, what plugins are made with at
 * `./plugins/sdk/mod.ts`.
 *
 * @module
 */
import type { AgentOptions } from "./agent/mod.ts";
import type { ApiServer, ApiServerOptions } from "./apiserver/mod.ts";
import type { Hub, HubOptions, Up, UpOptions } from "./hub/mod.ts";

export type { AgentOptions, ApiServer, ApiServerOptions };
export type { Hub, HubOptions, Up, UpOptions };

/** Starts an embedded Kubernetes API server. */
export async function startApiServer(
  options: ApiServerOptions = {},
): Promise<ApiServer> {
  const apiserver = await import("./apiserver/mod.ts");
  return await apiserver.startApiServer(options);
}

/** Starts a hub against a Kubernetes API server. */
export async function startHub(options: HubOptions): Promise<Hub> {
  const hub = await import("./hub/start_hub.ts");
  return await hub.startHub(options);
}

/** Starts a hub with its own Kubernetes API server. */
export async function startUp(options: UpOptions): Promise<Up> {
  const hub = await import("./hub/up.ts");
  return await hub.startUp(options);
}

/** Runs the agent of a device; resolves when its signal has ended it. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const agent = await import("./agent/run_agent.ts");
  await agent.runAgent(options);
}

if (import.meta.main) {
  const { runProcess } = await import("./cli/process.ts");
  await runProcess();
}
