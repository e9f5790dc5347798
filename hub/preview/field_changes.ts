import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import { fieldName } from "../../gitops/manifest/problem.ts";
import { Hidden } from "./hidden.ts";
import type { FieldChange } from "./preview_result.ts";

/** Characters of a value that are shown. */
const LONGEST = 120;
/** Fields of one object that are told apart. */
const MOST = 100;

/** A field, the place of an item, or the name of one. */
type Path = readonly (string | number | { name: string })[];
type Fields = Record<string, unknown>;

/**
 * The fields in which two values differ, in their order. Items of lists are
 * told apart by their names where all have one, else by their places.
 */
export function fieldChanges(
  before: unknown,
  after: unknown,
  path: Path = [],
): FieldChange[] {
  const found: FieldChange[] = [];
  compare({ before, after, path }, found);
  if (found.length <= MOST) return found;
  return [...found.slice(0, MOST), {
    field: `and ${found.length - MOST} more fields`,
  }];
}

function compare(
  { before, after, path }: { before: unknown; after: unknown; path: Path },
  found: FieldChange[],
): void {
  if (isSame(before, after)) return;
  if (isFields(before) && isFields(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    for (const key of keys) {
      compare({
        before: own(before, key),
        after: own(after, key),
        path: [...path, key],
      }, found);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const names = byName(before) && byName(after);
    if (names) {
      const told = found.length;
      const [a, b] = [byName(before)!, byName(after)!];
      for (const name of new Set([...a.keys(), ...b.keys()])) {
        compare({
          before: a.get(name),
          after: b.get(name),
          path: [...path, { name }],
        }, found);
      }
      // The order alone can matter too.
      if (found.length === told) found.push(change(path, before, after));
      return;
    }
    if (before.length === after.length) {
      before.forEach((item, i) =>
        compare({ before: item, after: after[i], path: [...path, i] }, found)
      );
      return;
    }
  }
  // What comes or goes as a whole is told by its fields, which are short.
  if (before === undefined && isFields(after) && path.length) {
    return every(after, path, (at, value) => change(at, undefined, value));
  }
  if (after === undefined && isFields(before) && path.length) {
    return every(before, path, (at, value) => change(at, value, undefined));
  }
  found.push(change(path, before, after));

  function every(
    fields: Fields,
    path: Path,
    tell: (path: Path, value: unknown) => FieldChange,
  ): void {
    const entries = Object.entries(fields);
    if (!entries.length) found.push(tell(path, fields));
    for (const [key, value] of entries) {
      const below = [...path, key];
      if (isFields(value)) every(value, below, tell);
      else found.push(tell(below, value));
    }
  }
}

function change(path: Path, before: unknown, after: unknown): FieldChange {
  const secret = before instanceof Hidden || after instanceof Hidden;
  return {
    field: nameOf(path),
    ...(before === undefined ? {} : { before: show(before) }),
    ...(after === undefined ? {} : { after: show(after) }),
    ...(secret ? { secret } : {}),
  };
}

/** `spec.plugins[host].version` */
function nameOf(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "object") text += `[${part.name}]`;
    else {
      const name = fieldName([part]);
      text += text && !name.startsWith("[") ? `.${name}` : name;
    }
  }
  return text;
}

/** A value as JSON on one line, cut where it is long. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > LONGEST
    ? `${text.slice(0, LONGEST)}… (${text.length} characters)`
    : text;
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Hidden || b instanceof Hidden) {
    return a instanceof Hidden && b instanceof Hidden && a.equals(b);
  }
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  // Inside, what is hidden looks alike, and is compared one by one.
  return !holdsHidden(a) && !holdsHidden(b) &&
    canonicalJson(a) === canonicalJson(b);
}

function holdsHidden(value: unknown): boolean {
  if (value instanceof Hidden) return true;
  return typeof value === "object" && value !== null &&
    Object.values(value).some(holdsHidden);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && !(value instanceof Hidden);
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** Items by their names; undefined where one has none, or two have the same. */
function byName(list: unknown[]): Map<string, unknown> | undefined {
  const items = new Map<string, unknown>();
  for (const item of list) {
    const name = isFields(item) ? item.name : undefined;
    if (typeof name !== "string" || items.has(name)) return undefined;
    items.set(name, item);
  }
  return items;
}
