import { z } from "zod";
import { defineKind, type InferObject } from "./kind.ts";
import { Permissions, PublicJwk } from "./plugin_entry.ts";
import { Artifact } from "./plugin.ts";

/** A config value that stands in a Secret. */
export const SecretReference = z.strictObject({
  path: z.string().describe(
    "JSON Pointer (RFC 6901) of the value in config: `/privateKey`",
  ),
  name: z.string().describe("Secret in the workspace"),
  key: z.string().describe("Key of its data"),
  hmac: z.string().describe(
    "HMAC of the value under a key of the hub's: changes when the value does, tells nothing of it",
  ),
});
export type SecretReference = z.infer<typeof SecretReference>;

/** A plugin as a device is to run it: everything decided. */
export const ResolvedPlugin = z.strictObject({
  name: z.string().describe("Name of the plugin object: `wireguard`"),
  kind: z.string().describe("Kind of the plugin object: `Network`"),
  type: z.string().optional().describe(
    "Its spec.type; none where the kind is the plugin's own",
  ),
  plugin: z.string().describe("Plugin of the catalogue that serves it"),
  version: z.string(),
  form: z.enum(["script", "executable"]),
  artifacts: z.array(Artifact).meta({ "x-kubernetes-list-type": "atomic" }),
  publisher: z.strictObject({
    name: z.string().describe(
      "Name in the workspace's trust; `hub` for what the hub publishes itself",
    ),
    key: PublicJwk,
  }),
  permissions: Permissions.optional(),
  config: z.record(z.string(), z.unknown()).meta({
    "x-kubernetes-preserve-unknown-fields": true,
  }),
  secrets: z.array(SecretReference).optional().meta({
    "x-kubernetes-list-type": "atomic",
  }),
});
export type ResolvedPlugin = z.infer<typeof ResolvedPlugin>;

/** The whole desired state of a device. */
export const Revision = defineKind({
  group: "edge.faros.sh",
  kind: "Revision",
  namespaced: true,
  shortNames: ["frev"],
  description:
    "The whole resolved desired state of a device, named by the hash of its content; devices with the same content share one",
  spec: z.strictObject({
    plugins: z.array(ResolvedPlugin).meta({
      "x-kubernetes-list-type": "atomic",
    }),
  }),
  validations: [{
    rule: "self.spec == oldSelf.spec",
    message: "spec is immutable",
  }],
  columns: [
    {
      name: "Plugins",
      type: "string",
      jsonPath: ".spec.plugins[*].name",
    },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});
/** A Revision object. */
export type Revision = InferObject<typeof Revision>;
