/**
 * The APIResourceSchema of a kind, by which kcp serves it.
 *
 * @module
 */
import type { Kind } from "../kind.ts";
import type { KubeObject } from "../meta.ts";
import { canonicalJson, sha256Hex } from "../protocol/canonical_json.ts";
import { customResourceDefinition } from "./crd.ts";

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
export async function apiResourceSchema(
  kind: Kind,
): Promise<APIResourceSchema> {
  const crd = customResourceDefinition(kind).spec as {
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
    metadata: { name: `s${hash}.${kind.plural}.${kind.group}` },
    spec,
  };
}
