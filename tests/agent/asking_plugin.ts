import { pluginSource } from "../../agent/testing/script_plugin.ts";
import type { Agent } from "../../api/agent.ts";
import type { KubernetesPermission } from "../../api/kubernetes_permission.ts";

/**
 * Source of a plugin that calls `ctx.client` with each of `config.asks` (`["get", "ConfigMap", "a"]`), over and over
 * (of a watch, the first event counts), and watches what `config.watch` says. Its summary is {@linkcode Asked}.
 */
export const asking = pluginSource(`
  const answers = {};
  const seen = [];
  const of = (value) => Array.isArray(value)
    ? value.map((o) => o.metadata.name).join() : value.data?.of ?? value.metadata.name;
  const call = async (method, ...args) => {
    if (method !== "watch") return await ctx.client[method](...args);
    for await (const { object } of ctx.client.watch(...args)) return object;
  };
  const ask = async () => {
    for (const [method, ...args] of ctx.config.asks) {
      answers[[method, ...args.map((a) => a.name ?? a)].join(" ")] =
        await call(method, ...args).then(of, (e) => e.code + " " + e.message);
    }
    ctx.status({ answers, seen });
  };
  const watch = async ({ kind, ...options }) => {
    const { signal } = ctx;
    for await (const { type, object } of ctx.client.watch(kind, { ...options, signal })) {
      seen.push(type + " " + object.data.of);
      ctx.status({ answers, seen });
    }
  };
  if (ctx.config.watch) watch(ctx.config.watch);
  while (!ctx.signal.aborted) {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }`);

/** What came of what a plugin asked. */
export interface Asked {
  /** By call: `get ConfigMap a`; data.of or the name, or code and message of the error. */
  answers: Record<string, string>;
  /** What it watched. */
  seen: string[];
}

/** What the plugin that serves the plugin object of that name has asked so far. */
export function asked(agent: Agent, name: string): Asked | undefined {
  const found = agent.status?.plugins?.find((p) => p.name === name);
  return found?.summary as Asked | undefined;
}

/** A right to one ConfigMap. */
export function configMapRule(
  name: string,
  verbs: KubernetesPermission["verbs"] = ["get"],
): KubernetesPermission {
  return {
    apiGroup: "",
    resources: ["configmaps"],
    verbs,
    resourceNames: [name],
  };
}
