/**
 * What a plugin is given and what it gives.
 *
 * @module
 */
import type * as core from "zod/v4/core";
import type { KubeObject } from "../../api/meta.ts";
import type { Provides } from "../../api/plugin.ts";
import type { Permissions } from "../../api/plugin_entry.ts";
import type { PluginKind } from "../../api/plugin_kind.ts";
import type { Metrics } from "./metrics.ts";

/** Details of a log line. */
export type LogFields = Record<string, unknown>;

/** Constant messages with key-value pairs; the agent writes them with the plugin's name. */
export interface PluginLogger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A change that {@linkcode PluginClient.watch} reports. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: "ADDED" | "MODIFIED" | "DELETED";
  object: T;
}

/** Which objects {@linkcode PluginClient.list} and {@linkcode PluginClient.watch} mean. */
export interface ListOptions {
  /** Only the object of that name; needed where the permission has `resourceNames`. */
  name?: string;
  labelSelector?: string;
  signal?: AbortSignal;
}

/**
 * The Kubernetes API as a plugin sees it: the objects that its `permissions.kubernetes` name, in the device's
 * workspace. The agent asks on its behalf; offline, requests are refused and watches wait.
 *
 * `kind` is `ConfigMap`; `Deployment.apps` or `Deployment.v1.apps`, as for kubectl, where the group or the version
 * matters.
 */
export interface PluginClient {
  /**
   * @throws Error with `code` 403 for what was not granted or is not served, 404 where it is not there, 503 offline
   */
  get<T extends KubeObject = KubeObject>(
    kind: string,
    name: string,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
  list<T extends KubeObject = KubeObject>(
    kind: string,
    options?: ListOptions,
  ): Promise<T[]>;
  /** What there is, as ADDED, then every change, until the signal aborts. Needs `list` and `watch`. */
  watch<T extends KubeObject = KubeObject>(
    kind: string,
    options?: ListOptions,
  ): AsyncIterable<WatchEvent<T>>;
}

/** Size of a mounted file system, in bytes. */
export interface DiskUsage {
  size: number;
  free: number;
  /** Free to others than root. */
  available: number;
}

/**
 * Facts about the device that Deno gives only to programs with all permissions. The plugin's host reads them for it,
 * narrowed to what it was granted.
 */
export interface SystemFacts {
  /** Text of a kernel file under /proc or /sys that is in (or below a folder in) the granted `read` paths. */
  readText(path: string): Promise<string>;
  /** Names in a folder under /proc or /sys, granted likewise. */
  readDir(path: string): Promise<string[]>;
  /** Needs `statfs` among the granted `sys`. */
  diskUsage(path: string): Promise<DiskUsage>;
}

/** The plugin object that an instance serves. */
export interface PluginObjectRef {
  kind: string;
  name: string;
  /** Its spec.type; none where the kind is the plugin's own. */
  type?: string;
}

/** What a running plugin has. */
export interface PluginContext<Config> {
  /** Validated, with defaults and secrets filled in. */
  readonly config: Config;
  readonly object: PluginObjectRef;
  readonly log: PluginLogger;
  readonly client: PluginClient;
  readonly system: SystemFacts;
  /** A folder of its own that survives restarts; it may read and write there. */
  readonly stateDir: string;
  /** Aborts when the plugin is to stop. */
  readonly signal: AbortSignal;
  readonly metrics: Metrics;
  /** Replaces the summary in the Agent's status. A few short facts: no secrets, at most 16 KiB of JSON. */
  status(summary: Record<string, unknown>): void;
}

/** What {@linkcode definePlugin} takes. */
export interface PluginOptions<Schema extends core.$ZodType, State> {
  /** Name in the catalogue: `monitoring-host`. */
  name: string;
  /** Semantic version. */
  version: string;
  description: string;
  /** Plugin objects that it serves: by kind and type, or by kind and group where the kind is its own. */
  provides: Provides[];
  /** Kinds that it brings, each the spec of a CustomResourceDefinition. What stands in `spec` of their objects is its config. @default none */
  kinds?: PluginKind[];
  /** What it needs; all else is denied. @default nothing */
  permissions?: Permissions;
  /** Shape of its config; `zod/mini` keeps the bundle small. Mark secrets with `.meta({ writeOnly: true })`. */
  config: Schema;
  /** @default {"device"} */
  runs?: "device" | "hub" | "both";
  /** Takes what it needs: opens, binds, loads. What it returns is handed on. */
  provision?(ctx: PluginContext<core.output<Schema>>): State | Promise<State>;
  /** Throws where it cannot work as it was provisioned. */
  validate?(
    ctx: PluginContext<core.output<Schema>>,
    state: State,
  ): void | Promise<void>;
  /** Works until `ctx.signal` aborts. To return before counts as a failure, and is followed by a restart. */
  run(
    ctx: PluginContext<core.output<Schema>>,
    state: State,
  ): void | Promise<void>;
  /** Gives everything back. `state` is undefined where `provision` did not get to its end. */
  stop?(
    ctx: PluginContext<core.output<Schema>>,
    state: State | undefined,
  ): void | Promise<void>;
}

/** A plugin, as a module exports it by default. */
export interface Plugin<
  Schema extends core.$ZodType = core.$ZodType,
  // deno-lint-ignore no-explicit-any -- each plugin has a State of its own
  State = any,
> extends PluginOptions<Schema, State> {
  /** Version of this interface. */
  readonly sdk: 1;
  /** Validates a config. @throws ConfigError */
  parseConfig(value: unknown): core.output<Schema>;
}
