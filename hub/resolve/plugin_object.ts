/**
 * Plugin objects: those of Faros's own kinds, which are alike, and those of kinds that plugins bring.
 *
 * @module
 */
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Network } from "../../api/network.ts";
import { parseApiVersion } from "../../kube/resource.ts";
import type { Config } from "./config.ts";
import type { Wanted } from "./provider_of.ts";

/** Any plugin object. */
export interface PluginObject extends KubeObject {
  spec?: unknown;
}

/** What a plugin object says. */
export interface PluginObjectFacts {
  /** Which plugin it wants. */
  wanted: Wanted;
  /** Its config, as it is written. */
  config: Config | string | undefined;
  /** Where that is in the object. */
  path: string[];
}

/** Reads a plugin object: the config of one of Faros's kinds is in `spec.config`, that of a plugin's own is its `spec`. */
export function readPluginObject(
  { apiVersion, kind, spec }: PluginObject,
): PluginObjectFacts {
  const { group } = parseApiVersion(apiVersion);
  if (pluginObjectKinds.some((k) => k.group === group && k.kind === kind)) {
    const { type, config } = spec as Network["spec"];
    return { wanted: { kind, type }, config, path: ["spec", "config"] };
  }
  return {
    wanted: { kind, group },
    config: (spec ?? {}) as Config,
    path: ["spec"],
  };
}
