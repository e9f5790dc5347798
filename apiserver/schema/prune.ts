import type { Schema } from "../types.ts";
import { isEmptyObject } from "../is_object.ts";
import { objectMetaSchema } from "./object_meta.ts";

type Path = (string | number)[];
/** Visits one value; records unknown fields in `out` and removes them when `remove`. */
type Pruner = (value: unknown, path: Path, run: Run) => void;
interface Run {
  remove: boolean;
  out: string[];
}

/** `spec.list[0].name`. */
export function joinPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text ? `.${part}` : part;
  }
  return text;
}

const nothing: Pruner = () => {};

/** Finds (and removes) the fields that `schema` does not know. */
export function compilePrune(
  schema: Schema,
): (object: unknown, remove: boolean) => string[] {
  const visit = compile(schema, { root: true });
  return (object, remove) => {
    const run: Run = { remove, out: [] };
    visit(object, [], run);
    return run.out.sort();
  };
}

/** Embedded metadata is written as that of whole objects is: without lists and maps that hold nothing. */
function leaveOutEmpty(metadata: Record<string, unknown>): void {
  for (const key in metadata) {
    const value = metadata[key];
    if (value && typeof value === "object" && isEmptyObject(value)) {
      delete metadata[key];
    }
  }
}

const objectMeta = compile(objectMetaSchema, { root: false });

function compile(
  schema: Schema | undefined,
  { root }: { root: boolean },
): Pruner {
  const preserve = schema?.["x-kubernetes-preserve-unknown-fields"] === true;
  const embedded = root || schema?.["x-kubernetes-embedded-resource"] === true;
  const properties = new Map<string, Pruner>();
  for (const [key, sub] of Object.entries(schema?.properties ?? {})) {
    properties.set(key, compile(sub, { root: false }));
  }
  if (embedded) {
    properties.set("apiVersion", nothing);
    properties.set("kind", nothing);
    properties.set("metadata", (value, path, run) => {
      // Labels, annotations and fieldsV1 hold free keys; only ObjectMeta's own fields are known ones.
      objectMeta(value, path, run);
      if (!root && run.remove) leaveOutEmpty(value as Record<string, unknown>);
    });
  }
  const additional = schema?.additionalProperties;
  // `additionalProperties: true` says nothing of what is inside, so the values are pruned as if unknown.
  const rest = additional === undefined || additional === false
    ? undefined
    : compile(additional === true ? undefined : additional, { root: false });
  const items = schema?.items
    ? compile(schema.items, { root: false })
    : preserve
    ? nothing
    : compileUnknown;
  const interesting = [...properties.values(), rest, items].some((p) =>
    p !== undefined && p !== nothing
  );
  if (preserve && !interesting) return nothing;
  if (isScalar(schema)) return compileUnknown;

  return (value, path, run) => {
    if (!value || typeof value !== "object") return;
    if (Array.isArray(value)) {
      if (items === nothing) return;
      for (let i = 0; i < value.length; i++) {
        const item = value[i];
        if (!item || typeof item !== "object") continue;
        path.push(i);
        items(item, path, run);
        path.pop();
      }
      return;
    }
    const object = value as Record<string, unknown>;
    for (const key in object) {
      const sub = object[key];
      const known = properties.get(key) ?? rest;
      if (known) {
        if (known === nothing || !sub || typeof sub !== "object") continue;
        path.push(key);
        known(sub, path, run);
        path.pop();
      } else if (!preserve) {
        path.push(key);
        run.out.push(joinPath(path));
        path.pop();
        if (run.remove) delete object[key];
      }
    }
  };
}

function isScalar(schema: Schema | undefined): boolean {
  return schema === undefined ||
    (schema.type !== undefined && schema.type !== "object" &&
      schema.type !== "array");
}

/** What stands where no schema is: every field in it is unknown. */
function compileUnknown(value: unknown, path: Path, run: Run): void {
  if (!value || typeof value !== "object") return;
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      path.push(i);
      compileUnknown(item, path, run);
      path.pop();
    });
    return;
  }
  const object = value as Record<string, unknown>;
  for (const key in object) {
    path.push(key);
    run.out.push(joinPath(path));
    path.pop();
    if (run.remove) delete object[key];
  }
}
