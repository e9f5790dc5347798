/**
 * Path elements of field sets in their serialized form: `f:name`, `k:{"name":"a"}`, `v:"x"`, `i:0`.
 *
 * @module
 */
import type { Json } from "../types.ts";

/** Elements of names that were seen; made anew, each would have to be hashed again. */
const elements = new Map<string, string>();
const MOST_ELEMENTS = 4096;

/** `f:spec`. */
export function fieldElement(name: string): string {
  let element = elements.get(name);
  if (element === undefined) {
    element = `f:${name}`;
    if (elements.size < MOST_ELEMENTS) elements.set(name, element);
  }
  return element;
}

/** `k:{"name":"a","port":80}`; keys sorted. */
export function keyElement(keys: [string, Json][]): string {
  const sorted = [...keys].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
  return `k:${
    escapeHtml(`{${
      sorted.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(
        ",",
      )
    }}`)
  }`;
}

/** `v:"x"`. */
export function valueElement(value: Json): string {
  return `v:${escapeHtml(JSON.stringify(value))}`;
}

/** Go's encoder escapes these inside of strings, so stored sets contain them escaped. */
function escapeHtml(json: string): string {
  return /[<>&\u2028\u2029]/.test(json)
    ? json.replace(
      /[<>&\u2028\u2029]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    : json;
}

/**
 * Brings an element that a client wrote into the one form that the server uses.
 *
 * @throws {Error} where it is malformed.
 */
export function normalizeElement(text: string): string {
  const body = text.slice(2);
  switch (text.slice(0, 2)) {
    case "f:":
      return text;
    case "k:": {
      const parsed = JSON.parse(body);
      if (!parsed || typeof parsed !== "object" || Array.isArray(parsed)) {
        throw new Error(`unexpected key element: ${text}`);
      }
      return keyElement(Object.entries(parsed));
    }
    case "v:":
      return valueElement(JSON.parse(body));
    case "i:":
      if (!/^-?\d+$/.test(body)) throw new Error(`bad index: ${text}`);
      return text;
  }
  throw new Error(`unknown path element type: ${text}`);
}

function show(value: Json): string {
  return JSON.stringify(value);
}

/** The element as messages show it: `.spec`, `[name="a",port=80]`, `[="x"]`. */
export function showElement(text: string): string {
  const body = text.slice(2);
  switch (text[0]) {
    case "f":
      return `.${body}`;
    case "k":
      return `[${
        Object.entries(JSON.parse(body) as Record<string, Json>).map(([k, v]) =>
          `${k}=${show(v)}`
        ).join(",")
      }]`;
    case "v":
      return `[=${show(JSON.parse(body))}]`;
    default:
      return `[${body}]`;
  }
}

const rank: Record<string, number> = { f: 0, k: 1, v: 2, i: 3 };
const kinds = ["number", "string", "boolean", "object"];

function compareValues(a: Json, b: Json): number {
  if (typeof a !== typeof b) {
    return kinds.indexOf(typeof a) - kinds.indexOf(typeof b);
  }
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

function compareKeys(left: string, right: string): number {
  const a = Object.entries(JSON.parse(left) as Record<string, Json>);
  const b = Object.entries(JSON.parse(right) as Record<string, Json>);
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i]![0] !== b[i]![0]) return a[i]![0] < b[i]![0] ? -1 : 1;
    const order = compareValues(a[i]![1], b[i]![1]);
    if (order) return order;
  }
  return a.length - b.length;
}

/** The order in which elements are written: fields, keys, values, indices. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a[0] !== b[0]) return rank[a[0]!]! - rank[b[0]!]!;
  switch (a[0]) {
    case "k":
      return compareKeys(a.slice(2), b.slice(2));
    case "v":
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)));
    case "i":
      return Number(a.slice(2)) - Number(b.slice(2));
    default:
      return a < b ? -1 : 1;
  }
}
