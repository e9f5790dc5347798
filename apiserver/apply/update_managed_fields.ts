import type { Json, JsonObject, ManagedFieldsEntry, Schema } from "../types.ts";
import { compare } from "./compare.ts";
import { FieldSet } from "./field_set.ts";
import { fieldsOfNew } from "./fields_of_new.ts";
import {
  capManagers,
  decodeManagers,
  encodeManager,
  encodeManagers,
  identify,
  type Manager,
  type Managers,
} from "./managers.ts";
import { mergeTypeOf } from "./merge_type.ts";
import { withZeroValue } from "./with_zero_value.ts";
import {
  type ResetOptions,
  resetSet,
  takeOver,
  timestamp,
  withoutManagedFields,
  withoutReset,
  withoutSystemFields,
} from "./ownership.ts";

/** An update (create, replace or patch) whose ownership is to be recorded. */
export interface UpdateManagedFieldsOptions extends ResetOptions {
  /** The object before; undefined for a create. */
  live?: object;
  /** The object as it will be stored. */
  updated: object;
  /** fieldManager of the request. */
  manager: string;
  operation?: "Update";
  apiVersion: string;
  schema?: Schema;
  /** What Go writes of an object in which nothing is set. */
  zero?: JsonObject;
  /** When; a string is RFC 3339 in seconds. */
  now: Date | string;
}

function metadataOf(object: object | undefined): JsonObject {
  return (object as { metadata?: JsonObject } | undefined)?.metadata ?? {};
}

/** A client resets managedFields by an empty list, or a list of one empty entry. */
function isReset(entries: Json | undefined): boolean {
  if (!Array.isArray(entries)) return false;
  if (!entries.length) return true;
  const [only] = entries;
  return entries.length === 1 && !!only && typeof only === "object" &&
    !Object.keys(only).length;
}

/** The managers to start from: those that the client sent, else those of the live object. */
function startingManagers(
  live: object | undefined,
  updated: object,
  subresource: string,
): Managers {
  const lenient = () => {
    try {
      return decodeManagers(metadataOf(live).managedFields, { stored: true });
    } catch {
      return new Map<string, Manager>();
    }
  };
  if (subresource) return lenient();
  const sent = metadataOf(updated).managedFields;
  if (sent === metadataOf(live).managedFields) return lenient();
  if (isReset(sent)) return new Map();
  try {
    const managers = decodeManagers(sent);
    if (managers.size) return managers;
  } catch {
    // As on kube-apiserver, what cannot be read is as if not sent.
  }
  return lenient();
}

/**
 * managedFields after an update: changed and added fields move to the updater, removed fields leave every manager.
 * Where nothing changed, no entry and no time changes.
 */
export function updateManagedFields(
  options: UpdateManagedFieldsOptions,
): ManagedFieldsEntry[] {
  const { live, updated, apiVersion, subresource = "", schema, zero, now } =
    options;
  const managers = startingManagers(live, updated, subresource);
  // An object that is not tracked stays so until it is first applied.
  if (!managers.size && live) return [];
  const reset = resetSet(options);
  const time = timestamp(now);
  const manager: Manager = {
    manager: options.manager || "unknown",
    operation: "Update",
    apiVersion,
    subresource,
    set: FieldSet.empty,
  };
  if (!managers.size && !zero) {
    const set = fieldsOfNew(updated as JsonObject, mergeTypeOf(schema))
      .recursiveDifference(reset);
    return set.isEmpty() ? [] : [encodeManager({ ...manager, time, set })];
  }
  trackUpdate(managers, { live, updated, schema, zero, time, reset, manager });
  capManagers(managers);
  return encodeManagers(managers);
}

function compared(object: object, zero: JsonObject | undefined): JsonObject {
  const own = withoutManagedFields(object) as JsonObject;
  return zero ? withZeroValue(own, zero) : own;
}

/** Records in `managers` what changed from `live` to `updated` as done by `manager`. */
export function trackUpdate(
  managers: Managers,
  { live, updated, schema, zero, time, reset, manager }: {
    live?: object;
    updated: object;
    schema?: Schema;
    zero?: JsonObject;
    time: string;
    reset: FieldSet;
    manager: Manager;
  },
): void {
  const comparison = withoutReset(
    compare(
      compared(live ?? {}, zero),
      compared(updated, zero),
      mergeTypeOf(schema),
    ),
    reset,
  );
  takeOver(managers, { comparison, self: "", force: true });
  const taken = withoutSystemFields(
    comparison.modified.union(comparison.added),
  );
  if (taken.isEmpty()) return;
  const id = identify(manager);
  const before = managers.get(id);
  const set = !before
    ? taken
    : taken.isSubsetOf(before.set)
    ? before.set
    : taken.union(before.set);
  managers.set(id, { ...manager, time, set });
}
