import { z } from "zod";
import { Device } from "./device.ts";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions } from "./meta.ts";
import { AgentPlugins } from "./plugin_entry.ts";

/**
 * The hub's signed order to a device. `signature` is a compact JWS (RFC 7515) whose payload is the canonical JSON
 * (RFC 8785) of the other fields with the agent's workspace and name; the device trusts no field but by it.
 */
export const Assignment = z.strictObject({
  agentUID: z.string().describe("metadata.uid of the Agent this is for"),
  revision: z.string().describe("Name of the Revision to run"),
  counter: z.int().min(1).describe(
    "Grows with every assignment; a device refuses one that does not",
  ).meta({ format: "int64" }),
  commit: z.string().optional().describe(
    "Git commit that led to it, where one did",
  ),
  signer: z.string().describe("Key id of the hub's signing key (RFC 7638)"),
  time: z.iso.datetime(),
  signature: z.string(),
}).describe("The hub's signed order to the device");
export type Assignment = z.infer<typeof Assignment>;

/** State of one plugin on a device. */
export const PluginState = z.strictObject({
  name: z.string(),
  kind: z.string(),
  type: z.string().optional(),
  version: z.string().optional(),
  phase: z.enum(["Provisioning", "Running", "BackOff", "Failed", "Stopped"]),
  restarts: z.int().optional(),
  message: z.string().optional().describe(
    "The last error, or what it is doing",
  ),
  summary: z.record(z.string(), z.unknown()).optional().describe(
    "What the plugin reports of itself",
  ).meta({ "x-kubernetes-preserve-unknown-fields": true }),
});
export type PluginState = z.infer<typeof PluginState>;

/** A device and what is to run on it. */
export const Agent = defineKind({
  group: "edge.faros.sh",
  kind: "Agent",
  namespaced: true,
  shortNames: ["fa"],
  description: "A device and the plugins that run on it",
  specOptional: true,
  spec: z.strictObject({
    plugins: AgentPlugins.optional(),
    paused: z.boolean().optional().describe(
      "While true the device gets no new assignment and keeps what it runs",
    ),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    enrollment: z.string().optional().describe(
      "Name of the Enrollment, and so the key, that owns this agent",
    ),
    assignment: Assignment.optional(),
    revision: z.string().optional().describe("Revision that the device runs"),
    counter: z.int().optional().describe(
      "Counter of the assignment that the device acts on",
    ).meta({ format: "int64" }),
    plugins: z.array(PluginState).optional().meta({
      "x-kubernetes-list-type": "atomic",
    }),
    device: Device.optional(),
    conditions: Conditions.optional(),
  }),
  columns: [
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    },
    {
      name: "Online",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Online")].status',
    },
    {
      name: "UpToDate",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="UpToDate")].status',
    },
    {
      name: "Reason",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
    },
    { name: "Revision", type: "string", jsonPath: ".status.revision" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    {
      name: "Assigned",
      type: "string",
      jsonPath: ".status.assignment.revision",
      priority: 1,
    },
    {
      name: "Commit",
      type: "string",
      jsonPath: ".status.assignment.commit",
      priority: 1,
    },
    {
      name: "Hostname",
      type: "string",
      jsonPath: ".status.device.hostname",
      priority: 1,
    },
    {
      name: "OS",
      type: "string",
      jsonPath: ".status.device.os",
      priority: 1,
    },
    {
      name: "Arch",
      type: "string",
      jsonPath: ".status.device.arch",
      priority: 1,
    },
    {
      name: "Version",
      type: "string",
      jsonPath: ".status.device.agentVersion",
      priority: 1,
    },
  ],
});
/** An Agent object. */
export type Agent = InferObject<typeof Agent>;
