import type { ManagedFieldsEntry } from "../types.ts";
import { FieldSet } from "./field_set.ts";

/** What one manager owns, through one operation (and for updates one version). */
export interface Manager {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource: string;
  time?: string;
  set: FieldSet;
}

/** Managers by identity. */
export type Managers = Map<string, Manager>;

/** Updates beyond this many managers are summed up as `ancient-changes`. */
const MAX_UPDATE_MANAGERS = 10;

/** Two entries are the same manager's when this is equal; an applier keeps its identity across versions. */
export function identify(
  { manager, operation, apiVersion, subresource }: Omit<Manager, "set">,
): string {
  // The name is the one part that may hold anything, so it stands last.
  const version = operation === "Update" ? apiVersion : "";
  return `${operation} ${version} ${subresource} ${manager}`;
}

/**
 * Reads `metadata.managedFields`. Those that are `stored` were written by {@linkcode encodeManagers}, so what stays
 * as it is need not be written anew.
 *
 * @throws {Error} where an entry is malformed.
 */
export function decodeManagers(
  entries: unknown,
  { stored = false }: { stored?: boolean } = {},
): Managers {
  const out: Managers = new Map();
  if (entries === undefined || entries === null) return out;
  if (!Array.isArray(entries)) throw new Error("managedFields must be a list");
  entries.forEach((entry: ManagedFieldsEntry, i) => {
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      throw new Error("operation must be `Apply` or `Update`");
    }
    if (!entry.apiVersion) throw new Error("apiVersion must not be empty");
    if (!entry.fieldsType) {
      throw new Error(`missing fieldsType in managed fields entry ${i}`);
    }
    if (entry.fieldsType !== "FieldsV1") {
      throw new Error(
        `invalid fieldsType "${entry.fieldsType}" in managed fields entry ${i}`,
      );
    }
    const { fieldsV1 } = entry;
    const manager: Manager = {
      manager: entry.manager ?? "",
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? "",
      time: entry.time,
      set: stored ? FieldSet.stored(fieldsV1) : FieldSet.decode(fieldsV1),
    };
    out.set(identify(manager), manager);
  });
  return out;
}

/** What the server itself writes: such texts are in the order of their times. */
const WHOLE_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Compares two times to the second. */
function orderOfTimes(a = "", b = ""): number {
  if (a === b) return 0;
  return WHOLE_SECONDS.test(a) && WHOLE_SECONDS.test(b)
    ? order(a, b)
    : seconds(a) - seconds(b);
}

function seconds(time: string): number {
  return time ? Math.floor(Date.parse(time) / 1000) : 0;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes `metadata.managedFields`: appliers first, then by time and name. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  const sorted = [...managers.values()].sort((a, b) =>
    order(a.operation, b.operation) ||
    orderOfTimes(a.time, b.time) ||
    order(a.manager, b.manager) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  );
  return sorted.map(encodeManager);
}

/** Writes the entry of one manager. */
export function encodeManager(manager: Manager): ManagedFieldsEntry {
  const { apiVersion, set, operation, subresource, time } = manager;
  const entry: ManagedFieldsEntry = {
    apiVersion,
    fieldsType: "FieldsV1",
    fieldsV1: set.encode(),
    manager: manager.manager,
    operation,
  };
  if (subresource) entry.subresource = subresource;
  if (time) entry.time = time;
  return entry;
}

/** Sums up the oldest update managers, per version, until there are no more than ten. */
export function capManagers(managers: Managers): void {
  if (managers.size <= MAX_UPDATE_MANAGERS) return;
  const updaters = [...managers].filter(([, m]) => m.operation === "Update");
  let count = updaters.length;
  if (count <= MAX_UPDATE_MANAGERS) return;
  updaters.sort(([, m], [, n]) =>
    orderOfTimes(m.time, n.time) || order(m.manager, n.manager) ||
    order(m.apiVersion, n.apiVersion) || order(m.subresource, n.subresource)
  );
  const first = new Map<string, string>();
  for (const [id, old] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const start = first.get(old.apiVersion);
    if (start === undefined) {
      first.set(old.apiVersion, id);
      continue;
    }
    const bucket: Manager = {
      manager: "ancient-changes",
      operation: "Update",
      apiVersion: old.apiVersion,
      subresource: "",
      // The newer of the two.
      time: old.time,
      set: old.set,
    };
    const bucketId = identify(bucket);
    const known = managers.get(bucketId) ?? managers.get(start)!;
    if (!managers.has(bucketId)) managers.delete(start);
    managers.delete(id);
    managers.set(bucketId, { ...bucket, set: old.set.union(known.set) });
    count--;
  }
}
