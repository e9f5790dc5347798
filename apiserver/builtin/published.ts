/**
 * Reading what a running kube-apiserver publishes, for the scripts that write
 * the built-in kinds.
 *
 * @module
 */
// deno-lint-ignore no-explicit-any
type Any = any;

const REF = "#/components/schemas/";

/**
 * A published schema as `Schema`: `allOf` of one reference becomes that
 * reference, and the zero values that Go's encoder would leave out are no
 * defaults.
 */
export function compact(value: Any): Any {
  if (Array.isArray(value)) return value.map(compact);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$ref === "string") {
    return reference(value.$ref.slice(REF.length));
  }
  const { allOf, ...rest } = value;
  if (allOf?.length === 1) {
    const target = reference(allOf[0].$ref.slice(REF.length));
    const { default: _, ...own } = rest;
    return { ...own, ...target };
  }
  const out: Any = {};
  for (const [key, v] of Object.entries<Any>(rest)) {
    if (key === "x-kubernetes-group-version-kind") continue;
    if (key === "properties") {
      out.properties = Object.fromEntries(
        Object.entries(v).map(([name, schema]) => [name, compact(schema)]),
      );
    } else if (key === "default" && isZero(v)) continue;
    else if (key === "description" && value.oneOf) continue;
    else out[key] = compact(v);
  }
  return out;
}

function isZero(value: unknown): boolean {
  return value === "" || value === 0 || value === false ||
    (typeof value === "object" && value !== null &&
      Object.keys(value).length === 0);
}

/** Small scalar types are written out where they are used. */
function reference(name: string): Any {
  if (/\.(Time|MicroTime)$/.test(name)) {
    return { type: "string", format: "date-time" };
  }
  if (name.endsWith(".FieldsV1")) {
    return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  }
  if (name.endsWith(".Quantity")) {
    return {
      "x-kubernetes-int-or-string": true,
      anyOf: [{ type: "integer" }, { type: "string" }],
    };
  }
  if (/\.(RawExtension|JSON)$/.test(name)) {
    return { "x-kubernetes-preserve-unknown-fields": true };
  }
  if (name.endsWith(".IntOrString")) {
    return { "x-kubernetes-int-or-string": true };
  }
  if (name.endsWith(".Duration")) return { type: "string" };
  return { $ref: name };
}

/** One document of the server at `base`. */
export async function read(
  base: string,
  path: string,
  token: string,
  accept = "application/json",
): Promise<Any> {
  const response = await fetch(`${base}/${path}`, {
    headers: { authorization: `Bearer ${token}`, accept },
  });
  if (!response.ok) {
    throw new Error(
      `Cannot read ${base}/${path}: ${response.status} ${await response
        .text()}`,
    );
  }
  return await response.json();
}
