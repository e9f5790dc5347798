/**
 * A plugin as its publisher holds it: what the catalogue says of it, and its code.
 *
 * @module
 */
import type { PluginVersion } from "./plugin.ts";

/** A version of a plugin with its code; the hub makes the catalogue's entry of it: stores, hashes and signs the code. */
export interface PluginBundle
  extends Omit<PluginVersion, "artifacts" | "form" | "runs"> {
  /** Name of its Plugin object. */
  name: string;
  description: string;
  form: "script";
  runs: "device" | "hub" | "both";
  /** One bundled ES module, UTF-8. */
  code: Uint8Array<ArrayBuffer>;
}
