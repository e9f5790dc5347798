/**
 * Writes `schema.json`, the schemas of CustomResourceDefinition and its parts, from what a running kube-apiserver
 * publishes:
 *
 * ```sh
 * kubectl get --raw /openapi/v3/apis/apiextensions.k8s.io/v1 |
 *   deno run --allow-write apiserver/crd/generate.ts
 * ```
 *
 * @module
 */
const ROOT =
  "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";

const document = JSON.parse(await new Response(Deno.stdin.readable).text());
const schemas: Record<string, unknown> = document.components.schemas;
const taken: Record<string, unknown> = {};

/** Takes a schema and those that it refers to, but for ObjectMeta, which the server has. */
function take(name: string) {
  if (name in taken || name.endsWith(".ObjectMeta")) return;
  taken[name] = schemas[name];
  JSON.stringify(schemas[name], (key, value) => {
    // `$ref` is also the name of a field of schemas.
    if (key === "$ref" && typeof value === "string") {
      take(value.split("/").pop()!);
    }
    return value;
  });
}

take(ROOT);
await Deno.writeTextFile(
  new URL("./schema.json", import.meta.url),
  JSON.stringify(taken, undefined, 2) + "\n",
);
