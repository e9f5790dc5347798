import type { Permissions } from "../../api/plugin_entry.ts";

/** A plugin instance that is ready to run: fetched, verified, secrets filled in. */
export interface PluginSpec {
  /** `Monitoring/host`: unique on the device. */
  id: string;
  object: { kind: string; name: string; type?: string };
  /** Plugin of the catalogue. */
  plugin: string;
  version: string;
  /** Changes when, and only when, the instance must be restarted. */
  fingerprint: string;
  form: "script" | "executable";
  code: Uint8Array<ArrayBuffer>;
  config: Record<string, unknown>;
  permissions: Permissions;
  stateDir: string;
  /** Whether it comes from the hub itself and so shares a host process with its like. */
  shared: boolean;
}
