import { badRequest, StatusError } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { Json, JsonObject, KubeObject, Schema } from "../types.ts";
import { checkType } from "./check_type.ts";
import { compare } from "./compare.ts";
import { conflictError } from "./conflict.ts";
import { FieldSet } from "./field_set.ts";
import {
  allowedByLastApplied,
  hasLastApplied,
  withLastApplied,
} from "./last_applied.ts";
import {
  decodeManagers,
  encodeManagers,
  identify,
  type Manager,
  type Managers,
} from "./managers.ts";
import { merge } from "./merge.ts";
import { type MergeType, mergeTypeOf } from "./merge_type.ts";
import {
  type ResetOptions,
  resetSet,
  takeOver,
  timestamp,
  withoutManagedFields,
  withoutReset,
  withoutSystemFields,
} from "./ownership.ts";
import { removeFields } from "./remove.ts";
import { NamelessItem } from "./resolve.ts";
import { toFieldSet, withNamedFields } from "./to_field_set.ts";
import { trackUpdate } from "./update_managed_fields.ts";

/** A server-side apply. */
export interface ServerSideApplyOptions extends ResetOptions {
  /** The object before; undefined where apply creates it. */
  live?: KubeObject;
  /** The applied configuration: apiVersion, kind, metadata.name and the fields that the manager wants. */
  patch: JsonObject;
  manager: string;
  /** Take fields that others own. */
  force?: boolean;
  /** `group/version` of the request. */
  apiVersion: string;
  /** Kind of the resource. Default: the live object's. */
  kind?: string;
  schema?: Schema;
  /** What Go writes of an object in which nothing is set. */
  zero?: JsonObject;
  /** When; a string is RFC 3339 in seconds. */
  now: Date | string;
}

/**
 * The object after `patch` is applied, its managedFields included; defaults are not filled in. Where nothing changes
 * but ownership, times stay.
 *
 * @throws {StatusError} 409 with one cause per field for conflicts; 400 for a patch of another version or one with
 * managedFields, and for one that the schema cannot take (where kube-apiserver answers 500, in the same words).
 */
export function serverSideApply(options: ServerSideApplyOptions): KubeObject {
  const { live, patch, manager, apiVersion } = options;
  checkPatch(options);
  const type = mergeTypeOf(options.schema);
  const problems = checkType(patch, type);
  if (problems.length) throw untypable(patch, problems);

  const self: Manager = {
    manager: manager || "unknown",
    operation: "Apply",
    apiVersion,
    subresource: options.subresource ?? "",
    set: FieldSet.empty,
  };
  const base = (live ? withoutManagedFields(live) : {}) as JsonObject;
  const run = (force: boolean) => {
    try {
      return applyOnce({
        base,
        patch,
        type,
        force,
        self,
        managers: startingManagers(options),
        reset: resetSet(options),
      });
    } catch (error) {
      // The patch was checked before; an update may have left the live object with an item that nothing names.
      if (!(error instanceof NamelessItem)) throw error;
      throw badRequest(
        `failed to create typed live object: ${error.message}`,
      );
    }
  };
  let result = run(options.force ?? false);
  if (result.conflicts.length) {
    // kubectl moves from client-side to server-side apply without conflicts over what it applied itself.
    const allowed = manager === "kubectl"
      ? allowedByLastApplied(base, { apiVersion, type })
      : undefined;
    const rest = allowed
      ? result.conflicts.filter((c) => !allowed.has(c.path))
      : result.conflicts;
    if (rest.length) throw conflictError(rest);
    result = run(true);
  }
  let object = result.object;
  const changed = !deepEqual(object, base);
  if (changed) {
    const entry = result.managers.get(identify(self));
    if (entry) {
      result.managers.set(identify(self), {
        ...entry,
        time: timestamp(options.now),
      });
    }
  }
  if (manager === "kubectl" && hasLastApplied(object)) {
    object = withLastApplied(object, patch);
  }
  const managedFields = encodeManagers(result.managers);
  return {
    ...object,
    metadata: {
      ...object.metadata as JsonObject,
      ...(managedFields.length ? { managedFields } : {}),
    },
  } as unknown as KubeObject;
}

function checkPatch(
  { live, patch, apiVersion, kind = live?.kind }: ServerSideApplyOptions,
): void {
  if (
    patch.apiVersion !== apiVersion ||
    (kind !== undefined && patch.kind !== kind)
  ) {
    const text = (value: unknown) => typeof value === "string" ? value : "";
    const version = text(patch.apiVersion);
    throw badRequest(
      `invalid object type: ${
        version.includes("/") ? version : `/${version}`
      }, Kind=${text(patch.kind)}`,
    );
  }
  const metadata = patch.metadata as JsonObject | undefined;
  if (
    metadata?.managedFields !== undefined && metadata.managedFields !== null
  ) {
    throw badRequest("metadata.managedFields must be nil");
  }
}

function untypable(patch: JsonObject, problems: string[]): StatusError {
  const { name, namespace } = (patch.metadata ?? {}) as JsonObject;
  const shown = (part?: Json) => typeof part === "string" ? part : "";
  const apiVersion = String(patch.apiVersion);
  // As Go prints the core group.
  const gv = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  const text = problems.length === 1
    ? problems[0]
    : ["errors:", ...problems.map((p) => `  ${p}`)].join("\n");
  return new StatusError(
    400,
    "",
    `failed to create typed patch object (${shown(namespace)}/${
      shown(name)
    }; ${gv}, Kind=${patch.kind}): ${text}`,
  );
}

/** The live object's managers; what an untracked object holds belongs to `before-first-apply`. */
function startingManagers(
  { live, apiVersion, schema, zero, subresource = "", now, ...reset }:
    ServerSideApplyOptions,
): Managers {
  let managers: Managers;
  try {
    managers = decodeManagers(live?.metadata.managedFields, { stored: true });
  } catch (error) {
    throw new StatusError(
      400,
      "",
      `failed to decode managed fields: ${(error as Error).message}`,
    );
  }
  if (live && !managers.size) {
    trackUpdate(managers, {
      updated: live,
      schema,
      zero,
      time: timestamp(now),
      reset: resetSet({ ...reset, subresource }),
      manager: {
        manager: "before-first-apply",
        operation: "Update",
        apiVersion,
        subresource,
        set: FieldSet.empty,
      },
    });
  }
  return managers;
}

interface ApplyOnceOptions {
  base: JsonObject;
  patch: JsonObject;
  type: MergeType;
  force: boolean;
  self: Manager;
  managers: Managers;
  reset: FieldSet;
}

function applyOnce(
  { base, patch, type, force, self, managers, reset }: ApplyOnceOptions,
) {
  const id = identify(self);
  const before = managers.get(id);
  const last = before?.set;
  const set = toFieldSet(patch, type).recursiveDifference(reset);
  managers.set(id, { ...self, time: before?.time, set });
  const merged = merge(base, patch, type) as JsonObject;
  const object = prune(merged, { managers, id, last, type });
  const comparison = withoutReset(compare(base, object, type), reset);
  const conflicts = takeOver(managers, { comparison, self: id, force });
  const owned = managers.get(id);
  if (owned) {
    const rest = withoutSystemFields(owned.set);
    if (rest.isEmpty()) managers.delete(id);
    else {
      const same = last && rest.isSubsetOf(last) && last.isSubsetOf(rest);
      managers.set(id, { ...owned, set: same ? last : rest });
    }
  }
  return { object, managers, conflicts };
}

/** Removes what the manager applied last time, not this time, and nobody else owns. */
function prune(
  merged: JsonObject,
  { managers, id, last, type }: {
    managers: Managers;
    /** The manager that applies. */
    id: string;
    last: FieldSet | undefined;
    type: MergeType;
  },
): JsonObject {
  if (!last || last.isEmpty()) return merged;
  // With nothing given up there is nothing to remove: what was applied last is applied again, all parents included.
  const own = managers.get(id)?.set;
  if (own && last.isSubsetOf(own)) return merged;
  const fieldsOf = (value: Json) =>
    withNamedFields(toFieldSet(value, type), type);
  const without = (set: FieldSet) =>
    (removeFields(merged, set, type) ?? {}) as JsonObject;

  const lastNamed = withNamedFields(last, type);
  const mergedFields = fieldsOf(merged);
  let pruned = without(lastNamed);
  // Put back what somebody (this manager's new configuration included) owns.
  let owned = FieldSet.empty;
  for (const manager of managers.values()) owned = owned.union(manager.set);
  const keep = fieldsOf(pruned).union(withNamedFields(owned, type));
  pruned = without(mergedFields.difference(keep));
  // Put back what this manager did not own before: nobody's fields are not its to remove.
  return without(
    mergedFields.difference(fieldsOf(pruned)).intersection(lastNamed),
  );
}
