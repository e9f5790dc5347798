import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions } from "./meta.ts";
import { Permissions } from "./plugin_entry.ts";
import { PluginKind } from "./plugin_kind.ts";

/** A file of a plugin's version. */
export const Artifact = z.strictObject({
  os: z.string().optional().describe("`linux`, …; any when left out"),
  arch: z.string().optional().describe(
    "`x86_64`, `aarch64`; any when left out",
  ),
  url: z.string().describe(
    "Where to fetch it; one that starts with `/` is on the hub",
  ),
  digest: z.string().regex(
    /^sha256:[0-9a-f]{64}$/,
    "must be sha256: and 64 hex digits",
  ),
  signature: z.string().describe(
    "Compact JWS by the publisher's key of {plugin, version, digest}",
  ),
});
export type Artifact = z.infer<typeof Artifact>;

/** Which plugin objects a plugin serves: a type of one of Faros's kinds, or a kind of its own. */
export const Provides = z.strictObject({
  kind: z.string().describe("`Monitoring`"),
  type: z.string().optional().describe(
    "spec.type of the objects it serves, where the kind is one of plugins.faros.sh: `host`",
  ),
  group: z.string().optional().describe(
    "API group of a kind in `kinds`; plugins.faros.sh when left out",
  ),
}).refine(({ type, group }) => (type === undefined) !== (group === undefined), {
  message:
    "has either a type, of one of Faros's kinds, or the group of a kind of the plugin's own",
});
export type Provides = z.infer<typeof Provides>;

/** A version of a plugin. */
export const PluginVersion = z.strictObject({
  version: z.string().regex(
    /^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/,
    "must be a semantic version such as 1.2.0",
  ),
  form: z.enum(["script", "executable"]).default("script"),
  runs: z.enum(["device", "hub", "both"]).default("device"),
  artifacts: z.array(Artifact).min(1).meta({
    "x-kubernetes-list-type": "atomic",
  }),
  permissions: Permissions.optional().describe("What it needs to run"),
  configSchema: z.record(z.string(), z.unknown()).optional().describe(
    "JSON Schema (2020-12) of its config; `writeOnly: true` marks secrets",
  ).meta({ "x-kubernetes-preserve-unknown-fields": true }),
  kinds: z.array(PluginKind).optional().describe(
    "Kinds that it brings: served in the workspaces that enable it. Each is the spec of a CustomResourceDefinition",
  ).meta({ "x-kubernetes-list-type": "atomic" }),
  provides: z.array(Provides).min(1).meta({
    "x-kubernetes-list-type": "atomic",
  }),
});
export type PluginVersion = z.infer<typeof PluginVersion>;

/** An entry of the catalogue. */
export const Plugin = defineKind({
  group: "plugins.faros.sh",
  kind: "Plugin",
  namespaced: false,
  shortNames: ["fpl"],
  description: "An entry of the plugin catalogue",
  spec: z.strictObject({
    description: z.string().optional(),
    versions: z.array(PluginVersion).min(1).meta({
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["version"],
    }),
  }),
  status: z.strictObject({
    observedGeneration: z.int().optional(),
    conditions: Conditions.optional(),
  }),
  columns: [
    {
      name: "Versions",
      type: "string",
      jsonPath: ".spec.versions[*].version",
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
/** A Plugin object. */
export type Plugin = InferObject<typeof Plugin>;
