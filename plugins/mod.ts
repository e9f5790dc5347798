/**
 * The plugins that come with Faros. Core names none of them: each is a folder here with a `plugin.ts`.
 *
 * @module
 */
import type { PluginBundle } from "../api/plugin_bundle.ts";
import { manifests } from "./builtin_index.ts";

/** The built-in plugins, as their publisher, the hub, puts them into the catalogue. */
export function builtinPlugins(): Promise<PluginBundle[]> {
  const encoder = new TextEncoder();
  const bundles = manifests.map(({ code, ...rest }): PluginBundle => ({
    ...rest as Omit<PluginBundle, "code">,
    code: encoder.encode(code),
  }));
  return Promise.resolve(bundles);
}
