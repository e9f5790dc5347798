/**
 * A plugin host as a program of its own, for tests and for use as a library; the binary has it as `faros plugin-host`.
 *
 * @module
 */
import { runPluginHost } from "./plugin_host.ts";

if (import.meta.main) {
  await runPluginHost();
  Deno.exit(0);
}
