import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions, Duration } from "./meta.ts";
import { AgentPlugins } from "./plugin_entry.ts";

/** A join credential that devices enrol with. */
export const Registration = defineKind({
  group: "edge.faros.sh",
  kind: "Registration",
  namespaced: true,
  shortNames: ["freg"],
  description: "A join credential; one serves many devices",
  specOptional: true,
  spec: z.strictObject({
    ttl: Duration.optional().describe(
      "How long the credential serves, from the Registration's creation; without an end when left out",
    ),
    maxAgents: z.int().min(0).optional().describe(
      "How many devices may enrol with it; no limit when left out",
    ),
    approval: z.enum(["Automatic", "Manual"]).default("Automatic").describe(
      "Whether a person approves each device",
    ),
    agentTemplate: z.strictObject({
      labels: z.record(z.string(), z.string()).optional(),
      plugins: AgentPlugins.optional(),
    }).optional().describe(
      "What an Agent starts with where Git has not declared it yet",
    ),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    secretRef: z.strictObject({ name: z.string() }).optional().describe(
      "Secret with `token`, `ca.crt`, `server` and `kubeconfig`",
    ),
    agents: z.int().optional().describe("Devices that enrolled with it"),
    conditions: Conditions.optional(),
  }),
  columns: [
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    },
    { name: "Approval", type: "string", jsonPath: ".spec.approval" },
    { name: "Agents", type: "integer", jsonPath: ".status.agents" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});
/** A Registration object. */
export type Registration = InferObject<typeof Registration>;
