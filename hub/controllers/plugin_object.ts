import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin } from "../../api/plugin.ts";
import { Workspace } from "../../api/workspace.ts";
import type { Informer } from "../../kube/informer.ts";
import { keyOf, runController } from "../../kube/reconciler.ts";
import type { Resource } from "../../kube/resource.ts";
import { parseConfig } from "../resolve/config.ts";
import {
  type PluginObject,
  readPluginObject,
} from "../resolve/plugin_object.ts";
import { Problem } from "../resolve/problem.ts";
import { providerOf } from "../resolve/provider_of.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import { type Outcome, writeStatus } from "./status.ts";

/** Says of each plugin object whether a plugin serves it. */
export async function runPluginObjectControllers(
  context: HubContext,
): Promise<void> {
  const { informers, pluginKinds } = context;
  const running = new Set(
    pluginObjectKinds.map((kind) =>
      run(context, kind, informers.get<PluginObject>(kind))
    ),
  );
  const ended = Promise.withResolvers<void>();
  context.signal.addEventListener("abort", () => ended.resolve(), {
    once: true,
  });
  // Those that plugins bring come and go.
  const stop = pluginKinds.follow(({ kind, informer, signal }) => {
    const one = run({ ...context, signal }, kind, informer)
      .finally(() => running.delete(one));
    one.catch(ended.reject);
    running.add(one);
  });
  try {
    await Promise.race([ended.promise, ...running]);
  } finally {
    stop();
    await Promise.all(running);
  }
}

function run(
  context: HubContext,
  kind: Resource,
  informer: Informer<PluginObject>,
): Promise<void> {
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
  const { kind, metadata: { name } } = object;
  const { wanted, config } = readPluginObject(object);
  try {
    parseConfig(config, `${kind} ${name}`);
    const { plugin, version } = providerOf(wanted, {
      workspace,
      plugin: (name) => plugins.get(undefined, name),
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
