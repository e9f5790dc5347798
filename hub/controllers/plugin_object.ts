import type { Kind } from "../../api/kind.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin } from "../../api/plugin.ts";
import { Workspace } from "../../api/workspace.ts";
import { keyOf, runController } from "../../kube/reconciler.ts";
import { parseConfig } from "../resolve/config.ts";
import { Problem } from "../resolve/problem.ts";
import { providerOf } from "../resolve/provider_of.ts";
import type { PluginObject } from "../resolve/resolve.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import { type Outcome, writeStatus } from "./status.ts";

/** Says of each plugin object whether a plugin serves it. */
export function runPluginObjectControllers(context: HubContext): Promise<void> {
  return Promise.all(pluginObjectKinds.map((kind) => run(context, kind)))
    .then(() => {});
}

function run(context: HubContext, kind: Kind): Promise<void> {
  const informer = context.informers.get<PluginObject>(kind);
  const plugins = context.informers.get<Plugin>(Plugin);
  const allIn = ({ metadata }: KubeObject) =>
    informer.list(metadata.name).map(keyOf);
  return runController({
    ...context,
    name: kind.kind.toLowerCase(),
    reconcile: async ({ namespace, name }) => {
      const object = informer.get(namespace, name);
      if (!object || object.metadata.deletionTimestamp) return;
      const workspace = readyWorkspace(context, object);
      if (!workspace) return;
      await writeStatus(context, kind, object, {
        outcome: outcomeOf(object, { workspace, plugins: plugins }),
      });
    },
    sources: [
      { informer },
      {
        informer: context.informers.get<Workspace>(Workspace),
        keys: allIn,
        filter: ({ object, old }) =>
          object.metadata.generation !== old?.metadata.generation ||
          object.status?.phase !== old?.status?.phase,
      },
      {
        informer: plugins,
        keys: () => informer.list().map(keyOf),
        filter: ({ type, object, old }) =>
          type !== "updated" ||
          object.metadata.generation !== old?.metadata.generation,
      },
    ],
  });
}

function outcomeOf(
  object: PluginObject,
  { workspace, plugins }: {
    workspace: Workspace;
    plugins: {
      get(namespace: undefined, name: string): Plugin | undefined;
      list(): Plugin[];
    };
  },
): Outcome {
  const { kind, metadata: { name }, spec: { type, config } } = object;
  try {
    parseConfig(config, `${kind} ${name}`);
    const { plugin, version } = providerOf({ kind, type }, {
      workspace,
      plugin: (wanted) => plugins.get(undefined, wanted),
      catalogue: () => plugins.list(),
    });
    return {
      state: "ready",
      reason: "Served",
      message: `Plugin ${plugin.metadata.name} ${version.version} serves it`,
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { reason, message } = error;
    return {
      state: "stalled",
      reason,
      message: `Nothing serves ${kind} ${name}: ${message}`,
    };
  }
}
