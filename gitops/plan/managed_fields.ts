import type { KubeObject, ManagedFieldsEntry } from "../../api/meta.ts";
import { GITOPS_MANAGER, ORIGIN_ANNOTATIONS } from "../../api/names.ts";
import { fieldName } from "../manifest/problem.ts";
import { ListItems } from "./list_items.ts";

type Fields = Record<string, unknown>;
type Path = (string | number)[];

/**
 * Managers that stand for a person's hand: what they changed in an object of a
 * repository is put back. Flux does the same.
 */
const BY_HAND = /^(kubectl|before-first-apply)/;

/** Annotations by which people ask for something; they are no edits. */
const REQUESTS =
  /^(reconcile\.faros\.sh\/|kubectl\.kubernetes\.io\/restartedAt$)/;

/**
 * Fields of `live` that this manager applied earlier, or a person set by
 * kubectl, and that `desired` does not have: an apply would remove them.
 */
export function extraFields(desired: KubeObject, live: KubeObject): string[] {
  const extra = new Set<string>();
  for (const entry of live.metadata.managedFields ?? []) {
    if (entry.subresource) continue;
    const own = entry.manager === GITOPS_MANAGER && entry.operation === "Apply";
    if (!own && !BY_HAND.test(entry.manager)) continue;
    walk(entry.fieldsV1 as Fields, { desired, live, path: [], extra });
  }
  return [...extra];
}

/**
 * `metadata.managedFields` with what kubectl holds handed to this manager, so
 * that the next apply decides it; none where kubectl holds nothing.
 *
 * @param from.managers Whose else is handed over: what an engine that kept the
 * object holds would otherwise stay once it leaves the manifest.
 */
export function takenOver(
  live: KubeObject,
  from: { managers?: RegExp } = {},
): ManagedFieldsEntry[] | undefined {
  const entries = live.metadata.managedFields ?? [];
  const byHand = entries.filter((entry) =>
    !entry.subresource &&
    (BY_HAND.test(entry.manager) || from.managers?.test(entry.manager))
  );
  let taken: Fields = {};
  const rest: ManagedFieldsEntry[] = [];
  for (const entry of entries) {
    if (!byHand.includes(entry)) {
      rest.push(entry);
      continue;
    }
    const { requests, others } = split(entry.fieldsV1 as Fields);
    taken = union(taken, others);
    if (requests) rest.push({ ...entry, fieldsV1: requests });
  }
  if (Object.keys(taken).length === 0) return undefined;
  const own = rest.find((e) =>
    e.manager === GITOPS_MANAGER && e.operation === "Apply" && !e.subresource
  );
  if (own) {
    return rest.map((e) =>
      e === own ? { ...e, fieldsV1: union(e.fieldsV1 as Fields, taken) } : e
    );
  }
  return [...rest, {
    manager: GITOPS_MANAGER,
    operation: "Apply",
    apiVersion: live.apiVersion,
    time: byHand[0]?.time,
    fieldsType: "FieldsV1",
    fieldsV1: taken,
  }];
}

/** Parts the annotations that are requests from all else. */
function split(fields: Fields): { requests?: Fields; others: Fields } {
  const annotations = (fields["f:metadata"] as Fields | undefined)
    ?.["f:annotations"] as
      | Fields
      | undefined;
  const keys = Object.keys(annotations ?? {});
  const isRequest = (key: string) => REQUESTS.test(key.replace(/^f:/, ""));
  const requests = keys.filter(isRequest);
  if (requests.length === 0) return { others: fields };
  const pick = (names: string[]) =>
    Object.fromEntries(names.map((key) => [key, annotations![key]]));
  const others = structuredClone(fields);
  const metadata = others["f:metadata"] as Fields;
  const left = keys.filter((key) => key !== "." && !isRequest(key));
  if (left.length) metadata["f:annotations"] = pick(left);
  else delete metadata["f:annotations"];
  if (Object.keys(metadata).length === 0) delete others["f:metadata"];
  return {
    requests: { "f:metadata": { "f:annotations": pick(requests) } },
    others,
  };
}

function union(a: Fields, b: Fields): Fields {
  const result = { ...a };
  for (const [key, value] of Object.entries(b)) {
    result[key] = union(
      (result[key] ?? {}) as Fields,
      (value ?? {}) as Fields,
    );
  }
  return result;
}

/** Walks a FieldsV1 set (sigs.k8s.io/structured-merge-diff), noting what `desired` lacks. */
function walk(
  fields: Fields,
  at: { desired: unknown; live: unknown; path: Path; extra: Set<string> },
): void {
  const { desired, live, path, extra } = at;
  const below = Object.entries(fields).filter(([key]) => key !== ".");
  if (below.length === 0) {
    // A list or map that is owned as one value (atomic) is replaced as one.
    if (desired === undefined || desired === null || hasMore(live, desired)) {
      extra.add(fieldName(path));
    }
    return;
  }
  const intoDesired = stepsInto(desired);
  const intoLive = stepsInto(live);
  for (const [key, value] of below) {
    const step = intoDesired(key);
    if (!step) continue;
    const next = [...path, step.part];
    if (isIgnored(next)) continue;
    walk((value ?? {}) as Fields, {
      desired: step.value,
      live: intoLive(key)?.value,
      path: next,
      extra,
    });
  }
}

/** Whether a value has a field somewhere that `desired` has not; other differences are told elsewhere. */
function hasMore(live: unknown, desired: unknown): boolean {
  if (Array.isArray(live)) {
    return Array.isArray(desired) && live.length === desired.length &&
      live.some((item, i) => hasMore(item, desired[i]));
  }
  if (typeof live !== "object" || live === null) return false;
  if (typeof desired !== "object" || desired === null) return false;
  return Object.entries(live).some(([key, value]) =>
    key in desired
      ? hasMore(value, (desired as Fields)[key])
      // The API server fills it in for subjects of RoleBindings.
      : key !== "apiGroup"
  );
}

/** The way from a value to what a key of FieldsV1 names in it. */
function stepsInto(
  into: unknown,
): (key: string) => { part: string | number; value: unknown } | undefined {
  const list = Array.isArray(into) ? into : [];
  const items = new ListItems(list);
  return (key) => {
    const rest = key.slice(2);
    switch (key.slice(0, 2)) {
      case "f:":
        return { part: rest, value: (into as Fields | undefined)?.[rest] };
      case "k:":
        return { part: rest, value: items.withFields(JSON.parse(rest)) };
      case "v:":
        return { part: rest, value: items.withValue(rest) };
      case "i:":
        return { part: Number(rest), value: list[Number(rest)] };
    }
  };
}

function isIgnored(path: Path): boolean {
  if (path.length !== 3 || path[1] !== "annotations") return false;
  const name = String(path[2]);
  return ORIGIN_ANNOTATIONS.includes(name) || REQUESTS.test(name);
}
