/**
 * Objects and patches as bodies: whole, broken, and in every form.
 *
 * @module
 */
import type { Choices } from "./choices.ts";
import { protobufFor } from "./protobuf.ts";
import { escaped } from "./queries.ts";
import type { FuzzRequest } from "./request.ts";
import type { FuzzResource } from "./target.ts";
import { mutated, oddString, oddValue } from "./values.ts";

type Json = Record<string, unknown>;

const encoder = new TextEncoder();

/** Media types of patches. */
export const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

/** A body in one of the forms that objects are sent in. */
export function encoded(
  r: Choices,
  resource: FuzzResource,
  value: unknown,
): Pick<FuzzRequest, "headers" | "body"> {
  return r.weighted<() => Pick<FuzzRequest, "headers" | "body">>([
    [20, () => ({
      headers: [["content-type", "application/json"]],
      body: { value },
    })],
    [2, () => ({
      headers: [["content-type", "application/yaml"]],
      body: { bytes: encoder.encode(someYaml(r, value)) },
    })],
    [3, () => ({
      headers: [["content-type", "application/vnd.kubernetes.protobuf"]],
      body: { bytes: protobufFor(r, resource) },
    })],
    [1, () => ({ headers: [], body: { value } })],
    [1, () => ({
      headers: [["content-type", "application/json"]],
      body: { bytes: brokenJson(r, value) },
    })],
  ])();
}

function brokenJson(r: Choices, value: unknown): Uint8Array {
  const text = JSON.stringify(value);
  const bytes = encoder.encode(
    r.maybe(.5)
      // Keys that stand twice.
      ? text.replaceAll(/"(name|spec|data)":/g, (m) => `${m}1,${m}`)
      : text,
  );
  for (let i = 1 + r.below(3); i > 0 && bytes.length > 0; i--) {
    bytes[r.below(bytes.length)] = r.below(256);
  }
  return bytes;
}

/** YAML, of an object or against the parser. */
export function someYaml(r: Choices, value: unknown): string {
  const json = JSON.stringify(value);
  return r.pick([
    () => `--- # comment\n${json}`,
    () => `a: &a ${json}\nmetadata: *a\n<<: *a\n`,
    () =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f1}\ndata: {a: ${json}}\n`,
    () =>
      "a: &a [x,x,x,x,x,x,x,x,x]\n" +
      "bcdefghi".split("").map((c, i) =>
        `${c}: &${c} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]\n`
      ).join(""),
    () => `a: 1\n---\nb: 2\n`,
    () => `kind: !!binary ${json}\n? [complex, key]\n: x\n`,
    () => `a: 0x1F\nb: 1_000\nc: .inf\nd: .nan\ne: 2001-01-01\nf: ~\ng: 0o17\n`,
    () =>
      "a:\n" +
      Array.from({ length: 600 }, (_, i) => " ".repeat(i + 1) + "a:\n").join(
        "",
      ),
    () => `\t- ${oddString(r)}: [`,
    () => oddString(r),
    () => `*unknown`,
    () => `&a [*a]`,
    () => `{a: &x {b: *x}}`,
  ])();
}

function pointer(r: Choices): string {
  return r.pick([
    "",
    "/",
    "/metadata",
    "/metadata/labels",
    "/metadata/labels/a",
    "/metadata/finalizers/-",
    "/metadata/managedFields",
    "/metadata/name",
    "/metadata/resourceVersion",
    "/spec",
    "/spec/a",
    "/spec/b/0",
    "/data/a",
    "/data",
    "/kind",
    "/x~1y~0z",
    "/~2",
    "a",
    "/__proto__/x",
    "/metadata/labels/constructor",
    "/spec/-1",
    "/spec/b/99999999999999999999",
  ]);
}

/** A patch of any type. */
export function somePatch(
  r: Choices,
  object: unknown,
): Pick<FuzzRequest, "headers" | "body" | "query"> {
  const type = r.pick(PATCHES);
  let value: unknown = object;
  if (type === PATCHES[0]) {
    value = r.times(1 + r.below(5), () => ({
      op: r.maybe(.97)
        ? r.pick(["add", "remove", "replace", "move", "copy", "test"])
        : oddValue(r),
      path: r.maybe(.97) ? pointer(r) : oddValue(r),
      ...r.maybe(.5) ? { from: pointer(r) } : {},
      ...r.maybe(.7) ? { value: r.maybe(.5) ? "1" : oddValue(r) } : {},
    }));
    if (r.maybe(.05)) value = mutated(r, value);
    // Each doubles the document.
    if (r.maybe(.02)) {
      value = Array.from(
        { length: 40 },
        (_, i) => ({ op: "copy", from: "", path: `/x${i}` }),
      );
    }
  } else if (type === PATCHES[2] && r.maybe(.5)) {
    value = withDirectives(r, value);
  } else if (type !== PATCHES[3] && value && typeof value === "object") {
    // Only a part, as patches are.
    value = Object.fromEntries(
      Object.entries(value).filter(() => r.maybe(.5)),
    );
  }
  const query: [string, string][] = [];
  if (type === PATCHES[3] && r.maybe(.95)) {
    query.push(["fieldManager", r.pick(["m1", "m2", escaped(oddString(r))])]);
    if (r.maybe(.4)) query.push(["force", r.pick(["true", "1", "x"])]);
  }
  return { query, headers: [["content-type", type]], body: { value } };
}

function withDirectives(r: Choices, value: unknown): unknown {
  if (!value || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => withDirectives(r, item));
    return r.maybe(.3)
      ? [...items, { $patch: r.pick(["delete", "replace", "merge", "x", 1]) }]
      : items;
  }
  const out: Json = {};
  for (const [key, sub] of Object.entries(value)) {
    out[key] = withDirectives(r, sub);
    if (r.maybe(.1)) {
      out[`$setElementOrder/${key}`] = r.maybe(.5) ? sub : oddValue(r);
    }
    if (r.maybe(.1)) {
      out[`$deleteFromPrimitiveList/${key}`] = r.maybe(.5) ? sub : oddValue(r);
    }
  }
  if (r.maybe(.1)) out.$patch = r.pick(["delete", "replace", "merge", "x", 1]);
  if (r.maybe(.1)) {
    out.$retainKeys = r.maybe(.5) ? Object.keys(value) : oddValue(r);
  }
  return out;
}
