import { canonicalJson } from "../schema/field_error.ts";
import type { JsonObject } from "../types.ts";
import { checkType } from "./check_type.ts";
import { compare } from "./compare.ts";
import type { FieldSet } from "./field_set.ts";
import type { MergeType } from "./merge_type.ts";
import { isObject } from "../is_object.ts";
import { toFieldSet } from "./to_field_set.ts";

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

function lastApplied(object: JsonObject): string | undefined {
  const annotations = (object.metadata as JsonObject | undefined)?.annotations;
  const text = isObject(annotations) ? annotations[ANNOTATION] : undefined;
  return typeof text === "string" && text ? text : undefined;
}

/** Whether kubectl's client-side apply left its annotation on the object. */
export function hasLastApplied(object: JsonObject): boolean {
  return lastApplied(object) !== undefined;
}

/** The object with the annotation saying what was applied now. */
export function withLastApplied(
  object: JsonObject,
  patch: JsonObject,
): JsonObject {
  const metadata = { ...patch.metadata as JsonObject };
  if (isObject(metadata.annotations)) {
    const { [ANNOTATION]: _, ...rest } = metadata.annotations;
    if (Object.keys(rest).length) metadata.annotations = rest;
    else delete metadata.annotations;
  }
  const text = canonicalJson({ ...patch, metadata }) + "\n";
  const own = object.metadata as JsonObject;
  return {
    ...object,
    metadata: {
      ...own,
      annotations: { ...own.annotations as JsonObject, [ANNOTATION]: text },
    },
  };
}

/** The fields that client-side apply set and that still have its values. */
export function allowedByLastApplied(
  live: JsonObject,
  { apiVersion, type }: { apiVersion: string; type: MergeType },
): FieldSet | undefined {
  const text = lastApplied(live);
  if (!text) return undefined;
  let applied: JsonObject;
  try {
    applied = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(applied) || applied.apiVersion !== apiVersion) return undefined;
  if (checkType(applied, type).length) return undefined;
  const { added, modified, removed } = compare(applied, live, type);
  return toFieldSet(applied, type)
    .difference(modified).difference(added).difference(removed);
}
