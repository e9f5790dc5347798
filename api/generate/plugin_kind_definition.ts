import { Conditions } from "../meta.ts";
import type { PluginKind } from "../plugin_kind.ts";
import { z } from "zod";
import type { CustomResourceDefinition } from "./crd.ts";
import { type SchemaNode, structuralSchema } from "./structural_schema.ts";
import { UNOBSERVED_STATUS } from "./unobserved_status.ts";

/** What every plugin object's status has, whoever's kind it is of. */
const { properties: STATUS } = structuralSchema(z.strictObject({
  observedGeneration: z.int().optional(),
  conditions: Conditions.optional(),
})) as { properties: Record<string, SchemaNode> };

/**
 * The CustomResourceDefinition of a kind that a plugin brings: what it declares, and a status with the conditions that
 * the hub writes.
 */
export function pluginKindDefinition(
  { group, scope, names, versions }: PluginKind,
): CustomResourceDefinition {
  const { kind, plural } = names;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: {
        ...names,
        // As the API server fills them in, where names is all that there is to go by.
        singular: names.singular ?? kind.toLowerCase(),
        listKind: names.listKind ?? `${kind}List`,
      },
      versions: versions.map(({ schema, ...version }) => ({
        ...version,
        subresources: { status: {} },
        schema: { openAPIV3Schema: withStatus(schema.openAPIV3Schema) },
      })),
    },
  };
}

function withStatus(schema: SchemaNode): SchemaNode {
  const { properties = {}, ...rest } = schema as {
    properties?: Record<string, SchemaNode>;
  };
  const { status = { type: "object" }, metadata } = properties;
  return {
    ...rest,
    properties: {
      ...properties,
      // The same in every version, so that two of them can be compared.
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: metadata ?? { type: "object" },
      status: {
        default: UNOBSERVED_STATUS,
        ...status,
        properties: { ...status.properties as object, ...STATUS },
      },
    },
  };
}
