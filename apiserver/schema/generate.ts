/**
 * Writes `meta_types.json`, the types of meta/v1 that every document refers to, from what a running kube-apiserver
 * publishes:
 *
 * ```sh
 * kubectl get --raw /openapi/v3/apis/coordination.k8s.io/v1 |
 *   deno run --allow-write apiserver/schema/generate.ts
 * ```
 *
 * @module
 */
const PREFIX = "io.k8s.apimachinery.pkg.apis.meta.v1.";

const TYPES = [
  "APIResource",
  "APIResourceList",
  "DeleteOptions",
  "FieldsV1",
  "ListMeta",
  "ManagedFieldsEntry",
  "ObjectMeta",
  "OwnerReference",
  "Patch",
  "Preconditions",
  "ShardInfo",
  "Status",
  "StatusCause",
  "StatusDetails",
  "Time",
];

interface Published extends Record<string, unknown> {
  "x-kubernetes-group-version-kind"?: { group: string }[];
}

if (import.meta.main) {
  const { components } = await new Response(Deno.stdin.readable).json();
  const out: Record<string, Published> = {};
  for (const type of TYPES) {
    const schema: Published | undefined = components.schemas[PREFIX + type];
    if (!schema) throw new Error(`The document has no ${PREFIX}${type}`);
    // The real list names every group that the server has; kinds of other groups don't matter here.
    const kinds = schema["x-kubernetes-group-version-kind"]?.filter((k) =>
      k.group === ""
    );
    out[PREFIX + type] = {
      ...schema,
      ...(kinds ? { "x-kubernetes-group-version-kind": kinds } : {}),
    };
  }
  await Deno.writeTextFile(
    new URL("meta_types.json", import.meta.url),
    JSON.stringify(out, undefined, 1) + "\n",
  );
}
