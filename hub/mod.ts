/**
 * The hub: turns what Kubernetes objects say into signed orders to devices.
 *
 * @module
 */
export { type Hub, type HubOptions, startHub } from "./start_hub.ts";
export { startUp, type Up, type UpOptions } from "./up.ts";
export { install, type InstallOptions } from "./install.ts";
