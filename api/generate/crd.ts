/**
 * The CustomResourceDefinition of a kind.
 *
 * @module
 */
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import type { z } from "zod";
import { type SchemaNode, structuralSchema } from "./structural_schema.ts";
import { UNOBSERVED_STATUS } from "./unobserved_status.ts";

/** A CustomResourceDefinition (apiextensions.k8s.io/v1). */
export interface CustomResourceDefinition extends KubeObject {
  // Its schema is Kubernetes' own; only the generated fields matter here.
  spec: Record<string, unknown>;
}

/** The CustomResourceDefinition of `kind`. */
export function customResourceDefinition(kind: Kind): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${kind.group}` },
    spec: {
      group: kind.group,
      scope: kind.namespaced ? "Namespaced" : "Cluster",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: kind.categories,
      },
      versions: [{
        name: kind.version,
        served: true,
        storage: true,
        ...(kind.status ? { subresources: { status: {} } } : {}),
        additionalPrinterColumns: kind.columns,
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: kind.description,
            ...(kind.validations.length
              ? { "x-kubernetes-validations": kind.validations }
              : {}),
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              metadata: { type: "object" },
              spec: structuralSchema(kind.spec),
              ...(kind.status ? { status: statusSchema(kind.status) } : {}),
            },
          },
        },
      }],
    },
  };
}

function statusSchema(status: z.ZodType): SchemaNode {
  return { ...structuralSchema(status), default: UNOBSERVED_STATUS };
}
