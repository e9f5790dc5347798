/**
 * Writes `schema.json`, the schema of CustomResourceDefinition, from what a running kube-apiserver publishes:
 *
 * ```sh
 * kubectl get --raw /openapi/v3/apis/apiextensions.k8s.io/v1 |
 *   deno run --allow-write apiserver/crd/generate.ts
 * ```
 *
 * @module
 */
type Node = Record<string, unknown>;

const ROOT =
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";
/** A schema's schema contains itself; it is checked by code instead. */
const RECURSIVE = /\.JSONSchemaProps$/;
const CONDITION = /\.CustomResourceDefinitionCondition$/;
const META = /^io\.k8s\.apimachinery\.pkg\.apis\.meta\.v1\.ObjectMeta$/;

const document = JSON.parse(await new Response(Deno.stdin.readable).text());
const schemas: Record<string, Node> = document.components.schemas;

function resolve(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolve);
  if (!node || typeof node !== "object") return node;
  const { allOf, $ref, ...own } = node as Node & { allOf?: Node[] };
  const reference = ($ref ?? (allOf?.length === 1 && allOf[0]!.$ref)) as
    | string
    | undefined;
  const rest = Object.fromEntries(
    Object.entries(own)
      // An empty default of a struct documents Go's zero value; it is no default.
      .filter(([key]) =>
        key !== "default" && key !== "x-kubernetes-group-version-kind"
      )
      .map(([key, value]) => [key, resolve(value)]),
  );
  if (!reference) return rest;
  const name = reference.split("/").pop()!;
  if (META.test(name)) return { type: "object", ...rest };
  if (CONDITION.test(name)) return { ...condition(schemas[name]!), ...rest };
  if (RECURSIVE.test(name)) {
    return {
      description: schemas[name]!.description,
      ...rest,
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    };
  }
  return { ...resolve(schemas[name]) as Node, ...rest };
}

/** Nothing checks conditions on kube-apiserver, where what is left out is an empty text. */
function condition(schema: Node): Node {
  const resolved = resolve(schema) as Node & {
    properties: Record<string, Node>;
    required: string[];
  };
  for (const name of resolved.required) resolved.properties[name]!.default = "";
  return resolved;
}

await Deno.writeTextFile(
  new URL("./schema.json", import.meta.url),
  JSON.stringify(resolve(schemas[ROOT]), undefined, 2) + "\n",
);
