import type { FieldError, Schema } from "../types.ts";
import { checkExtensions } from "./check_extensions.ts";
import { forbiddenField, invalidValue, required } from "./field_error.ts";
import { deepEqual } from "./deep_equal.ts";
import { goRegExp } from "./go_regexp.ts";
import { unsupportedFields } from "./unsupported_fields.ts";

type Level = "root" | "item" | "field";

/**
 * Checks that `schema` is structural and what else a CustomResourceDefinition's schema must be, worded as
 * kube-apiserver does. `path` is the schema's own field path, such as `spec.versions[0].schema.openAPIV3Schema`.
 */
export function validateStructural(
  schema: Schema,
  path: string,
): FieldError[] {
  // kube-apiserver looks at the structure of a schema only where it has no such field.
  const unsupported = unsupportedFields(schema, path);
  if (unsupported.length > 0) {
    checkExtensions(schema, path, { out: unsupported, structural: false });
    return unsupported;
  }
  const out: FieldError[] = [];
  invariants(schema, "root", path, out);
  completeness(schema, path, out);
  out.sort((a, b) => {
    const left = `${a.field}: ${a.message}`;
    const right = `${b.field}: ${b.message}`;
    return left < right ? -1 : left > right ? 1 : 0;
  });
  checkExtensions(schema, path, { out, structural: out.length === 0 });
  return out;
}

const missingType: Record<Level, string> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function invariants(
  schema: Schema,
  level: Level,
  path: string,
  out: FieldError[],
): void {
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (schema.type === "array" && !schema.items) {
    out.push(required(`${path}.items`, "must be specified"));
  }
  if (Array.isArray(schema.items)) {
    out.push(forbiddenField(
      `${path}.items`,
      "items must be a schema object and not an array",
    ));
  } else if (schema.items) {
    invariants(schema.items, "item", `${path}.items`, out);
  }
  for (const [key, sub] of Object.entries(schema.properties ?? {})) {
    invariants(sub, "field", `${path}.properties[${key}]`, out);
  }
  const additional = schema.additionalProperties;
  if (additional !== undefined) {
    const at = `${path}.additionalProperties`;
    if (level === "root") {
      out.push(forbiddenField(at, "must not be used at the root"));
    }
    if (typeof additional === "object") {
      invariants(additional, "field", at, out);
    }
  }
  if (intOrString && preserve) {
    out.push(invalidValue(
      `${path}.x-kubernetes-preserve-unknown-fields`,
      true,
      "must be false if x-kubernetes-int-or-string is true",
    ));
  }
  if (intOrString && embedded) {
    out.push(invalidValue(
      `${path}.x-kubernetes-embedded-resource`,
      true,
      "must be false if x-kubernetes-int-or-string is true",
    ));
  }
  junctors(schema, {
    path,
    out,
    skipAnyOf: intOrStringAnyOf(schema),
    skipFirstAllOf: !!schema.allOf?.[0] && intOrStringAnyOf(schema.allOf[0]),
  });
  const typeAt = `${path}.type`;
  if (embedded && schema.type !== "object") {
    const detail = "must be object if x-kubernetes-embedded-resource is true";
    out.push(
      schema.type
        ? invalidValue(typeAt, schema.type, detail)
        : required(typeAt, detail),
    );
  } else if (!schema.type && !intOrString && !preserve) {
    out.push(required(typeAt, missingType[level]));
  }
  if (embedded && additional !== undefined) {
    out.push(forbiddenField(
      `${path}.additionalProperties`,
      "must not be used if x-kubernetes-embedded-resource is set",
    ));
  }
  if (level === "root" && schema.type && schema.type !== "object") {
    out.push(invalidValue(typeAt, schema.type, "must be object at the root"));
  }
  if (level === "root" || embedded) typeMeta(schema, path, out);
  const metadata = schema.properties?.metadata;
  if (metadata) {
    const at = `${path}.properties[metadata]`;
    if ((level === "root" || embedded) && metadata.type !== "object") {
      out.push(
        invalidValue(`${at}.type`, metadata.type ?? "", "must be object"),
      );
    }
    if (level === "root" && !plainMetadata(metadata)) {
      out.push(forbiddenField(
        at,
        "must not specify anything other than name and generateName, but metadata is implicitly specified",
      ));
    }
  }
  if (embedded && !preserve && !Object.keys(schema.properties ?? {}).length) {
    out.push(required(
      `${path}.properties`,
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    ));
  }
}

function typeMeta(schema: Schema, path: string, out: FieldError[]): void {
  for (const key of ["kind", "apiVersion"]) {
    const sub = schema.properties?.[key];
    if (sub && sub.type !== "string") {
      out.push(invalidValue(
        `${path}.properties[${key}].type`,
        sub.type ?? "",
        "must be string",
      ));
    }
  }
}

function plainMetadata(metadata: Schema): boolean {
  const allowed = new Set(["type", "properties", "default", "description"]);
  return Object.keys(metadata).every((k) => allowed.has(k)) &&
    Object.keys(metadata.properties ?? {}).every((k) =>
      k === "name" || k === "generateName"
    );
}

function intOrStringAnyOf(schema: Schema): boolean {
  return deepEqual(schema.anyOf, [{ type: "integer" }, { type: "string" }]);
}

interface JunctorOptions {
  path: string;
  out: FieldError[];
  skipAnyOf: boolean;
  skipFirstAllOf: boolean;
}

function junctors(
  schema: Schema,
  { path, out, skipAnyOf, skipFirstAllOf }: JunctorOptions,
): void {
  if (!skipAnyOf) {
    schema.anyOf?.forEach((sub, i) =>
      nested(sub, { path: `${path}.anyOf[${i}]`, out, rules: false })
    );
  }
  schema.allOf?.forEach((sub, i) =>
    nested(sub, {
      path: `${path}.allOf[${i}]`,
      out,
      rules: true,
      skipAnyOf: skipFirstAllOf && i === 0,
    })
  );
  schema.oneOf?.forEach((sub, i) =>
    nested(sub, { path: `${path}.oneOf[${i}]`, out, rules: false })
  );
  if (schema.not) {
    nested(schema.not, { path: `${path}.not`, out, rules: false });
  }
  if (schema.pattern) {
    try {
      goRegExp(schema.pattern);
    } catch (error) {
      out.push(invalidValue(
        `${path}.pattern`,
        schema.pattern,
        `must be a valid regular expression, but isn't: ${
          (error as Error).message
        }`,
      ));
    }
  }
}

/** What may not stand under anyOf, allOf, oneOf and not. */
const forbiddenNested: [keyof Schema, string][] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
];

function nested(
  schema: Schema,
  { path, out, rules, skipAnyOf = false }: {
    path: string;
    out: FieldError[];
    rules: boolean;
    skipAnyOf?: boolean;
  },
): void {
  junctors(schema, { path, out, skipAnyOf, skipFirstAllOf: false });
  if (schema.items) {
    nested(schema.items, { path: `${path}.items`, out, rules });
  }
  for (const [key, sub] of Object.entries(schema.properties ?? {})) {
    nested(sub, { path: `${path}.properties[${key}]`, out, rules });
  }
  for (const [key, detail] of forbiddenNested) {
    const value = schema[key];
    if (value === undefined || value === false || value === "") continue;
    out.push(forbiddenField(`${path}.${key}`, detail));
  }
  if (schema["x-kubernetes-validations"]?.length && !rules) {
    out.push(forbiddenField(
      `${path}.x-kubernetes-validations`,
      "must be empty to be structural",
    ));
  }
  if (schema.properties?.metadata) {
    out.push(forbiddenField(
      `${path}.properties[metadata]`,
      "must not be specified in a nested context",
    ));
  }
}

/** Fields named under a junctor of the root must also be named outside of it; kube-apiserver looks no deeper. */
function completeness(
  schema: Schema,
  path: string,
  out: FieldError[],
): void {
  for (
    const [list, name] of [
      [schema.allOf, "allOf"],
      [schema.anyOf, "anyOf"],
      [schema.oneOf, "oneOf"],
    ] as const
  ) {
    list?.forEach((sub, i) =>
      complete(sub, schema, {
        from: `${path}.${name}[${i}]`,
        to: path,
        out,
      })
    );
  }
  if (schema.not) {
    complete(schema.not, schema, { from: `${path}.not`, to: path, out });
  }
}

function complete(
  value: Schema,
  outer: Schema | undefined,
  { from, to, out }: { from: string; to: string; out: FieldError[] },
): void {
  if (value.items) {
    if (!outer?.items) {
      out.push(
        required(`${to}.items`, `because it is defined in ${from}.items`),
      );
    } else {
      complete(value.items, outer.items, {
        from: `${from}.items`,
        to: `${to}.items`,
        out,
      });
    }
  }
  for (const [key, sub] of Object.entries(value.properties ?? {})) {
    const inner = outer?.properties?.[key];
    const at = `${to}.properties[${key}]`;
    if (!inner) {
      out.push(
        required(at, `because it is defined in ${from}.properties[${key}]`),
      );
    } else {
      complete(sub, inner, {
        from: `${from}.properties[${key}]`,
        to: at,
        out,
      });
    }
  }
  for (const name of ["allOf", "anyOf", "oneOf"] as const) {
    value[name]?.forEach((sub, i) =>
      complete(sub, outer, { from: `${from}.${name}[${i}]`, to, out })
    );
  }
  if (value.not) complete(value.not, outer, { from: `${from}.not`, to, out });
}
