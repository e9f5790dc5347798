import type { KubeObject } from "../api/meta.ts";

/** `fieldsV1` of managedFields: a tree of `f:name`, `k:{…}`, `v:…` and `.`. */
type FieldSet = { [key: string]: FieldSet };

/**
 * The fields that a manager owns by server-side apply, as a `fieldsV1` tree.
 *
 * @returns nothing where it has applied nothing
 */
export function ownedFields(
  object: KubeObject,
  options: { fieldManager: string; subresource?: string },
): FieldSet | undefined {
  const entry = object.metadata.managedFields?.find((e) =>
    e.manager === options.fieldManager && e.operation === "Apply" &&
    (e.subresource ?? "") === (options.subresource ?? "")
  );
  return entry?.fieldsV1 as FieldSet | undefined;
}

/**
 * Whether applying `wanted` over `live` would change neither values nor who
 * owns them, where `owned` is what its manager owns by now.
 *
 * May be wrong in one direction only: where unsure, it says no.
 */
export function isApplied(
  wanted: unknown,
  options: { live: unknown; owned: FieldSet | undefined },
): boolean {
  const { live, owned } = options;
  if (owned === undefined) return false;
  const members = Object.keys(owned).filter((key) => key !== ".");
  if (members.length === 0) {
    // A leaf: a scalar, or a struct or list that is owned as a whole.
    return deepEqual(wanted, live);
  }
  if (Array.isArray(wanted) && Array.isArray(live)) {
    return isListApplied(wanted, { live, owned, members });
  }
  if (!isObject(wanted) || !isObject(live)) return false;
  const fields = Object.keys(wanted).filter((k) => wanted[k] !== undefined);
  return fields.length === members.length &&
    fields.every((field) =>
      isApplied(wanted[field], {
        live: live[field],
        owned: owned[`f:${field}`],
      })
    );
}

function isListApplied(
  wanted: unknown[],
  { live, owned, members }: {
    live: unknown[];
    owned: FieldSet;
    members: string[];
  },
): boolean {
  return wanted.length === members.length && members.every((member) => {
    const value = JSON.parse(member.slice(2));
    if (member.startsWith("v:")) {
      return wanted.some((item) => deepEqual(item, value)) &&
        live.some((item) => deepEqual(item, value));
    }
    if (!member.startsWith("k:")) return false;
    const isIt = (item: unknown) =>
      isObject(item) &&
      Object.entries(value).every(([key, v]) => deepEqual(item[key], v));
    return isApplied(wanted.find(isIt), {
      live: live.find(isIt),
      owned: owned[member],
    });
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values are equal; `undefined` fields don't count. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => deepEqual(item, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => deepEqual(a[key], b[key]));
}
