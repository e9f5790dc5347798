import type { Permissions } from "../../api/plugin_entry.ts";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import type { PluginSpec } from "../supervisor/plugin_spec.ts";

/** Program and arguments of a plugin host, run from source. */
export const hostCommand: string[] = [
  Deno.execPath(),
  "run",
  "--quiet",
  "--allow-all",
  "--config",
  new URL("../../deno.json", import.meta.url).pathname,
  new URL("../host/main.ts", import.meta.url).pathname,
];

/** Source of a plugin module around the body of `async run(ctx)`; `wait` resolves when it is to stop. */
export function pluginSource(
  run: string,
  more: string = "",
): string {
  return `
const wait = (signal) => new Promise((resolve) => signal.aborted
  ? resolve() : signal.addEventListener("abort", resolve, { once: true }));
export default {
  sdk: 1, name: "test", version: "1.0.0", description: "", provides: [],
  parseConfig: (config) => config, ${more}
  async run(ctx) { ${run} },
};`;
}

/** A plugin instance for the supervisor. */
export async function pluginSpec(
  options: {
    name: string;
    source: string;
    stateDir: string;
    shared?: boolean;
    permissions?: Permissions;
    config?: Record<string, unknown>;
  },
): Promise<PluginSpec> {
  const { name, source, stateDir, shared = true, config = {} } = options;
  const code = new TextEncoder().encode(source);
  return {
    id: `Monitoring/${name}`,
    object: { kind: "Monitoring", name, type: "test" },
    plugin: "test",
    version: "1.0.0",
    fingerprint: await sha256Hex(source + JSON.stringify(config)),
    form: "script",
    code,
    config,
    permissions: options.permissions ?? {},
    stateDir: `${stateDir}/${name}`,
    shared,
  };
}
