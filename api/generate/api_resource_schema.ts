/**
 * The APIResourceSchema of a kind, by which kcp serves it.
 *
 * @module
 */
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { canonicalJson, sha256Hex } from "../protocol/canonical_json.ts";
import {
  type CustomResourceDefinition,
  customResourceDefinition,
} from "./crd.ts";

/** An APIResourceSchema (apis.kcp.io/v1alpha1). kcp lets nobody change one. */
export interface APIResourceSchema extends KubeObject {
  spec: {
    group: string;
    names: Record<string, unknown>;
    scope: string;
    versions: Record<string, unknown>[];
  };
}

/**
 * The APIResourceSchema of `kind`: what its CustomResourceDefinition says, under a name of its content, so that a
 * kind that has changed is another schema, and one that has not is the same.
 */
export function apiResourceSchema(kind: Kind): Promise<APIResourceSchema> {
  return apiResourceSchemaOf(customResourceDefinition(kind));
}

/** The APIResourceSchema that says what a CustomResourceDefinition says, named by its content. */
export async function apiResourceSchemaOf(
  definition: CustomResourceDefinition,
): Promise<APIResourceSchema> {
  const crd = definition.spec as {
    group: string;
    names: Record<string, unknown>;
    scope: string;
    versions: (
      & { schema: { openAPIV3Schema: unknown } }
      & Record<
        string,
        unknown
      >
    )[];
  };
  const { group, names, scope } = crd;
  const spec: APIResourceSchema["spec"] = JSON.parse(JSON.stringify({
    group,
    names,
    scope,
    // kcp has it said that nothing is converted.
    ...(crd.versions.length > 1 ? { conversion: { strategy: "None" } } : {}),
    // Here the schema stands without the CustomResourceDefinition's wrapping.
    versions: crd.versions.map(({ schema, ...version }) => ({
      ...version,
      schema: schema.openAPIV3Schema,
    })),
  }));
  const hash = (await sha256Hex(canonicalJson(spec))).slice(0, 12);
  return {
    apiVersion: "apis.kcp.io/v1alpha1",
    kind: "APIResourceSchema",
    metadata: { name: `s${hash}.${names.plural}.${group}` },
    spec,
  };
}
