import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Conditions } from "./meta.ts";
import { Permissions } from "./plugin_entry.ts";

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

/** What kind and type of plugin object a plugin serves. */
export const Provides = z.strictObject({
  kind: z.string().describe("`Monitoring`"),
  type: z.string().describe("spec.type of the objects it serves: `host`"),
});

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
