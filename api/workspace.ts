import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions, DnsSubdomain } from "./meta.ts";
import { Permissions, PublicJwk } from "./plugin_entry.ts";

/** What a member may do: change everything, change devices, look. */
export const Role = z.enum(["admin", "operator", "viewer"]);

/** A member: a user's name (an admin, as in the first Faros), or a user or group with a role. */
export const Member = z.union([
  z.string().min(1),
  z.strictObject({ user: z.string().min(1), role: Role.default("viewer") }),
  z.strictObject({ group: z.string().min(1), role: Role.default("viewer") }),
]).meta({
  description:
    "A user's name (an admin), or {user, role} or {group, role} with role admin, operator or viewer",
  "x-kubernetes-preserve-unknown-fields": true,
});
export type Member = z.infer<typeof Member>;

/** A tenant or site: its own agents, plugins and members. */
export const Workspace = defineKind({
  group: "tenancy.faros.sh",
  kind: "Workspace",
  namespaced: false,
  shortNames: ["fws"],
  description:
    "A tenant or site: its agents, plugin objects and members, apart from all others",
  specOptional: true,
  spec: z.strictObject({
    description: z.string().optional().describe("For people"),
    members: z.array(Member).optional().describe("Who may use the workspace")
      .meta({ "x-kubernetes-list-type": "atomic" }),
    plugins: z.array(z.strictObject({
      name: DnsSubdomain.describe("Name of a Plugin of the catalogue"),
      version: z.string().optional().describe(
        "Version that agents use unless they name one; the newest when left out",
      ),
      permissions: Permissions.optional().describe(
        "What the plugin is granted here; it does not run with less than it needs",
      ),
      enabled: z.boolean().optional().describe(
        "False is as if the entry were not there, but for deletionPolicy. True when left out",
      ),
      deletionPolicy: z.enum(["Retain", "Delete"]).optional().describe(
        "What becomes of the objects of the plugin's own kinds once `enabled` is false: Retain keeps them, and their kinds served, until somebody deletes them; Delete deletes them all. Retain when left out, and where the entry is gone",
      ),
    })).optional().describe("Plugins that may run here").meta({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    }),
    trust: z.array(z.strictObject({
      name: z.string().describe("Name of the publisher"),
      key: PublicJwk,
    })).optional().describe(
      "Whose signatures on plugins count here, besides the hub's own",
    ).meta({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["name"],
    }),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    phase: z.enum(["Pending", "Ready", "Terminating"]).optional(),
    workspaceURL: z.string().optional().describe(
      "Server URL and namespace of the workspace's objects",
    ),
    conditions: Conditions.optional(),
  }),
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    },
    {
      name: "Description",
      type: "string",
      jsonPath: ".spec.description",
      priority: 1,
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});
/** A Workspace object. */
export type Workspace = InferObject<typeof Workspace>;
