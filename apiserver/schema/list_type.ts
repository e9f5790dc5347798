import type { FieldError, Schema } from "../types.ts";
import { referenceOf } from "../openapi/references.ts";
import { canonicalJson, duplicate, invalidValue } from "./field_error.ts";
import { joinPath } from "./prune.ts";

type Path = (string | number)[];
type Check = (value: unknown, path: Path, out: FieldError[]) => void;

/** Checks that sets hold no value twice, list-maps no key twice, and embedded resources say what they are. */
export function compileListTypes(
  schema: Schema,
): (object: unknown) => FieldError[] {
  const check = compile(schema);
  return (object) => {
    const out: FieldError[] = [];
    check?.(object, [], out);
    return out;
  };
}

/**
 * Items of built-in lists that may stand there twice under one key: Kubernetes' own checks of these kinds let them
 * pass, and only what applies them needs the keys.
 */
const MAY_REPEAT =
  /^io\.k8s\.api\.(core\.v1\.(ContainerPort|EnvVar|HostAlias|LocalObjectReference|ObjectReference)|.*Condition)$/;

/** Indices at which a value that stood before appears for the second time. */
function repeated(values: unknown[]): number[] {
  const seen = new Map<string, number>();
  const out: number[] = [];
  values.forEach((value, i) => {
    const key = canonicalJson(value);
    const times = seen.get(key) ?? 0;
    if (times === 1) out.push(i);
    seen.set(key, times + 1);
  });
  return out;
}

function checkMap(
  list: unknown[],
  { keys, path, out }: { keys: string[]; path: Path; out: FieldError[] },
) {
  const wrong = list.findIndex((item) =>
    item !== null && (typeof item !== "object" || Array.isArray(item))
  );
  if (wrong >= 0) {
    out.push(invalidValue(
      joinPath([...path, wrong]),
      list[wrong],
      "must be an object for an array of list-type map",
    ));
    return;
  }
  const values = list.map((item) => {
    const object = (item ?? {}) as Record<string, unknown>;
    return Object.fromEntries(
      keys.filter((k) => object[k] !== undefined).map((k) => [k, object[k]]),
    );
  });
  for (const i of repeated(values)) {
    out.push(duplicate(joinPath([...path, i]), values[i]));
  }
}

function compile(schema: Schema): Check | undefined {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const items = schema.items ? compile(schema.items) : undefined;
  const properties: [string, Check][] = [];
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    const check = compile(sub);
    if (check) properties.push([name, check]);
  }
  const additional = typeof schema.additionalProperties === "object"
    ? compile(schema.additionalProperties)
    : undefined;
  const repeats = MAY_REPEAT.test(referenceOf(schema.items ?? {})?.name ?? "");
  const associative = !repeats && (type === "set" || type === "map");
  if (!associative && !items && !properties.length && !additional) {
    return undefined;
  }
  return (value, path, out) => {
    if (!value || typeof value !== "object") return;
    if (Array.isArray(value)) {
      if (associative && value.length > 1) {
        if (type === "map") checkMap(value, { keys, path, out });
        else {
          for (const i of repeated(value)) {
            out.push(duplicate(joinPath([...path, i]), value[i]));
          }
        }
      }
      if (items) {
        value.forEach((item, i) => {
          path.push(i);
          items(item, path, out);
          path.pop();
        });
      }
      return;
    }
    const object = value as Record<string, unknown>;
    for (const [name, check] of properties) {
      if (object[name] === undefined) continue;
      path.push(name);
      check(object[name], path, out);
      path.pop();
    }
    if (!additional) return;
    for (const key in object) {
      if (schema.properties?.[key]) continue;
      path.push(key);
      additional(object[key], path, out);
      path.pop();
    }
  };
}
