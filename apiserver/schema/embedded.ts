import type { FieldError, Schema } from "../types.ts";
import { required } from "./field_error.ts";
import { joinPath } from "./prune.ts";

type Path = (string | number)[];
type Check = (value: unknown, path: Path, out: FieldError[]) => void;

/** Checks that embedded resources have apiVersion and kind. */
export function compileEmbedded(
  schema: Schema,
): (object: unknown) => FieldError[] {
  const check = compile(schema);
  return (object) => {
    const out: FieldError[] = [];
    check?.(object, [], out);
    return out;
  };
}

function compile(schema: Schema): Check | undefined {
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  const items = schema.items ? compile(schema.items) : undefined;
  const fields = new Map<string, Check>();
  for (const [name, sub] of Object.entries(schema.properties ?? {})) {
    const check = compile(sub);
    if (check) fields.set(name, check);
  }
  const rest = typeof schema.additionalProperties === "object"
    ? compile(schema.additionalProperties)
    : undefined;
  if (!embedded && !items && !fields.size && !rest) return undefined;
  return (value, path, out) => {
    if (!value || typeof value !== "object") return;
    const descend = (check: Check | undefined, part: string | number) => {
      if (!check) return;
      path.push(part);
      check((value as Record<string | number, unknown>)[part], path, out);
      path.pop();
    };
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) descend(items, i);
      return;
    }
    const object = value as Record<string, unknown>;
    if (embedded) {
      for (const key of ["apiVersion", "kind"]) {
        if (!object[key]) {
          const why = object[key] === undefined ? "" : "must not be empty";
          out.push(required(joinPath([...path, key]), why));
        }
      }
    }
    for (const key in object) descend(fields.get(key) ?? rest, key);
  };
}
