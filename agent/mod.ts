/**
 * The agent of a device.
 *
 * @module
 */
export { type AgentOptions, runAgent } from "./run_agent.ts";
export { type PluginHostOptions, runPluginHost } from "./host/plugin_host.ts";
