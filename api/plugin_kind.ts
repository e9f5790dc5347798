/**
 * Kinds that plugins bring: the fields are those of a CustomResourceDefinition's spec (apiextensions.k8s.io/v1).
 *
 * @module
 */
import { z } from "zod";
import { DnsLabel, DnsSubdomain } from "./meta.ts";

const strings = (what: string) =>
  z.array(z.string()).optional().describe(what).meta({
    "x-kubernetes-list-type": "atomic",
  });

/** What `kubectl get` shows of a kind. */
const Column = z.strictObject({
  name: z.string(),
  type: z.enum(["string", "integer", "number", "boolean", "date"]),
  jsonPath: z.string().describe("`.spec.celsius`"),
  description: z.string().optional(),
  format: z.string().optional(),
  priority: z.int().optional().describe(
    "0 is shown always, 1 with `-o wide`",
  ).meta({ format: "int32" }),
});

/** One version of a kind's API. */
export const PluginKindVersion = z.strictObject({
  name: z.string().regex(
    /^v[1-9][0-9]*([a-z]+[1-9][0-9]*)?$/,
    "must be a version of an API such as v1 or v1alpha1",
  ),
  served: z.boolean().describe("Whether it can be asked for"),
  storage: z.boolean().describe(
    "Whether objects are stored as it; true for one version, which the hub and the plugin read",
  ),
  schema: z.strictObject({
    openAPIV3Schema: z.record(z.string(), z.unknown()).describe(
      "Structural schema of the objects; what is in `spec` is the plugin's config. The hub adds `status.conditions` and `status.observedGeneration`",
    ).meta({ "x-kubernetes-preserve-unknown-fields": true }),
  }),
  subresources: z.strictObject({ status: z.strictObject({}).optional() })
    .optional().describe(
      "`status` is a subresource, whether it stands here or not",
    ).meta({ "x-kubernetes-preserve-unknown-fields": true }),
  additionalPrinterColumns: z.array(Column).optional().meta({
    "x-kubernetes-list-type": "atomic",
  }),
  selectableFields: z.array(z.strictObject({ jsonPath: z.string() }))
    .optional().meta({ "x-kubernetes-list-type": "atomic" }),
  deprecated: z.boolean().optional(),
  deprecationWarning: z.string().optional(),
});
export type PluginKindVersion = z.infer<typeof PluginKindVersion>;

/** A kind of a plugin's own. */
export const PluginKind = z.strictObject({
  group: DnsSubdomain.describe(
    "API group, the publisher's own: `sensors.example.com`. Never one of faros.sh, k8s.io, kubernetes.io or kcp.io, and never one that others have",
  ),
  scope: z.enum(["Namespaced"]).describe(
    "Objects are in workspaces, nowhere else",
  ),
  names: z.strictObject({
    kind: z.string().regex(
      /^[A-Z][A-Za-z0-9]{0,62}$/,
      "must be a name in CamelCase such as Thermometer",
    ).describe("`Thermometer`"),
    plural: DnsLabel.describe("`thermometers`"),
    singular: DnsLabel.optional().describe("The kind in lower case"),
    listKind: z.string().optional(),
    shortNames: strings("Short names for kubectl"),
    categories: strings("`all` is for `kubectl get all`"),
  }),
  versions: z.array(PluginKindVersion).min(1).meta({
    "x-kubernetes-list-type": "atomic",
  }),
});
export type PluginKind = z.infer<typeof PluginKind>;
