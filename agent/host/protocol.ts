/**
 * The messages between the agent and a plugin host; PROTOCOL.md has the whole story.
 *
 * @module
 */
import { z } from "zod";
import type { Permissions } from "../../api/plugin_entry.ts";

/** Version of the protocol. A host says which it speaks; the agent refuses others. */
export const PROTOCOL_VERSION = 1;

/** Longest line, in bytes. */
export const MAX_LINE = 8 * 1024 * 1024;

/** Most characters of JSON of a plugin's summary, and of the fields of a line that it logs. */
export const MAX_SUMMARY = 16 * 1024;

/** Most characters of what a plugin says, in an error or a line of its log. */
export const MAX_TEXT = 8192;

/** Most log lines of a plugin in one second; what is more is dropped. */
export const MAX_LINES = 200;

/** An instance of a plugin to run. */
export interface PluginStart {
  type: "start";
  /** Names the instance in all messages: `Monitoring/host`. */
  plugin: string;
  object: { kind: string; name: string; type?: string };
  /** Name and version of the catalogue's plugin, for messages. */
  name: string;
  version: string;
  /** The module's text in base64, verified by the agent; absent for executables. */
  code?: string;
  /** With secrets filled in. */
  config: Record<string, unknown>;
  permissions: Permissions;
  stateDir: string;
  /** Values of the environment variables that it was granted. */
  env: Record<string, string>;
}

/** What the agent says to a host. */
export type ToHost =
  | {
    type: "hello";
    protocol: typeof PROTOCOL_VERSION;
    /** The host ends itself where it takes more memory than that, in bytes. */
    memoryLimit: number;
  }
  | PluginStart
  /** Ask it to stop; after `timeout` milliseconds it is made to. */
  | { type: "stop"; plugin: string; timeout: number }
  /** Answer to a `call`. */
  | { type: "result"; plugin: string; id: number; value?: unknown }
  | { type: "error"; plugin: string; id: number; error: CallError }
  /** One event of a `call` of `watch`. */
  | { type: "event"; plugin: string; id: number; value: unknown };

/** Why a call failed. `code` is an HTTP status. */
export interface CallError {
  code: number;
  message: string;
}

const plugin = z.string().max(512);

/** What a host says to the agent. It may be anybody's code: all of it is checked. */
export const FromHost = z.discriminatedUnion("type", [
  /** Says first, once. */
  z.object({ type: z.literal("ready"), protocol: z.int() }),
  z.object({
    type: z.literal("phase"),
    plugin,
    phase: z.enum(["Provisioning", "Running"]),
  }),
  /** It has ended. Without an error: because it was asked to. */
  z.object({
    type: z.literal("ended"),
    plugin,
    error: z.string().max(65536).optional(),
    /** No restart helps: the config or the code is wrong. */
    terminal: z.boolean().optional(),
  }),
  z.object({
    type: z.literal("log"),
    plugin,
    level: z.enum(["debug", "info", "warn", "error"]),
    message: z.string().max(65536),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({
    type: z.literal("status"),
    plugin,
    summary: z.record(z.string(), z.unknown()),
  }),
  z.object({
    type: z.literal("call"),
    plugin,
    id: z.int(),
    method: z.enum(["get", "list", "watch"]),
    kind: z.string().max(256),
    name: z.string().max(253).optional(),
    labelSelector: z.string().max(4096).optional(),
  }),
  /** No longer interested in the answer. */
  z.object({ type: z.literal("cancel"), plugin, id: z.int() }),
]);
export type FromHost = z.infer<typeof FromHost>;
/** A `call` message. */
export type PluginCall = Extract<FromHost, { type: "call" }>;

/** What a host says to the Worker of a plugin. */
export type ToWorker =
  | { type: "start"; start: PluginStart }
  | { type: "stop" }
  | { type: "ping" }
  | { type: "result"; id: number; value?: unknown }
  | { type: "error"; id: number; error: CallError }
  | { type: "event"; id: number; value: unknown };

/** What the Worker says; `system` is answered by the host itself. */
export type FromWorker =
  | { type: "loaded" }
  | { type: "pong" }
  | { type: "phase"; phase: "Provisioning" | "Running" }
  | { type: "ended"; error?: string; terminal?: boolean }
  | {
    type: "log";
    level: "debug" | "info" | "warn" | "error";
    message: string;
    fields?: Record<string, unknown>;
  }
  | { type: "status"; summary: Record<string, unknown> }
  | {
    type: "call";
    id: number;
    method: "get" | "list" | "watch";
    kind: string;
    name?: string;
    labelSelector?: string;
  }
  | { type: "cancel"; id: number }
  | {
    type: "system";
    id: number;
    method: "readText" | "readDir" | "diskUsage";
    path: string;
  };
