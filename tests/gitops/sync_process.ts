/**
 * The parts of a hub that sync, as a process that can be killed: workspaces and
 * GitOps, without election, so that the next starts at once.
 *
 *     deno run -A tests/gitops/sync_process.ts KUBECONFIG STATE_DIR
 *
 * @module
 */
import { createGitOps } from "../../gitops/mod.ts";
import type { HubContext } from "../../hub/controllers/context.ts";
import { PluginKinds } from "../../hub/kinds/plugin_kinds.ts";
import { runWorkspaceController } from "../../hub/controllers/workspace.ts";
import {
  clusterConfig,
  createLogger,
  createRestClient,
  InformerFactory,
  KubeClient,
  namespaceWorkspaces,
  parseKubeconfig,
  systemClock,
} from "../../kube/mod.ts";

if (import.meta.main) {
  const [kubeconfig, stateDir] = Deno.args as [string, string];
  const config = clusterConfig(
    parseKubeconfig(await Deno.readTextFile(kubeconfig)),
  );
  // So that what hangs is given up soon.
  const client = new KubeClient(
    createRestClient(config, { requestTimeout: 1500 }),
  );
  const stop = new AbortController();
  const { signal } = stop;
  Deno.addSignalListener("SIGTERM", () => stop.abort());
  const log = createLogger({ level: "debug", write: console.log });
  const provider = namespaceWorkspaces({ client, server: config.server });
  const informers = new InformerFactory(client, { signal });
  const gitops = createGitOps({ client, provider, stateDir, log, signal });
  console.log("started");
  const context = {
    ...{ client, provider, informers, log, signal },
    clock: systemClock,
  } as HubContext;
  const pluginKinds = await PluginKinds.open(context);
  await Promise.all([
    runWorkspaceController({ ...context, pluginKinds }),
    gitops.run(),
  ]);
  client.close();
  Deno.exit();
}
