import assert from "node:assert/strict";
import { StatusError } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { Json, JsonObject, KubeObject, Schema } from "../types.ts";
import { FieldSet, serverSideApply, updateManagedFields } from "./mod.ts";
import { mergeTypeOf } from "./merge_type.ts";
import { toFieldSet } from "./to_field_set.ts";

const apiVersion = "t.example.com/v1";
const now = new Date("2026-01-02T03:04:05Z");
const schema: Schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        a: { type: "integer" },
        set: {
          type: "array",
          items: { type: "string" },
          "x-kubernetes-list-type": "set",
        },
        map: { type: "object", additionalProperties: { type: "string" } },
        free: {
          type: "object",
          "x-kubernetes-preserve-unknown-fields": true,
        },
        list: {
          type: "array",
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["name"],
          items: {
            type: "object",
            properties: {
              name: { type: "string" },
              v: { type: "integer" },
              w: { type: "integer" },
            },
          },
        },
      },
    },
  },
};
const type = mergeTypeOf(schema);

/** Reproducible randomness (mulberry32). */
function random(seed: number) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const some = <T>(list: T[]) => {
    const out = list.filter(() => maybe(.5));
    return out.length ? out : [pick(list)];
  };
  const maybe = (p: number) => next() < p;
  const pick = <T>(list: T[]) => list[Math.floor(next() * list.length)]!;
  return { maybe, pick, some };
}
type Random = ReturnType<typeof random>;

function someSpec({ maybe, pick, some }: Random): JsonObject {
  const spec: JsonObject = {};
  if (maybe(.5)) spec.a = pick([1, 2]);
  if (maybe(.5)) spec.set = some(["p", "q", "r"]);
  if (maybe(.5)) {
    spec.map = Object.fromEntries(
      some(["k", "l"]).map((k) => [k, pick(["1", "2"])]),
    );
  }
  if (maybe(.4)) {
    spec.free = pick<JsonObject>([
      { x: 1 },
      { x: { y: 1, z: [1] } },
      { x: { y: 2 }, w: true },
    ]);
  }
  if (maybe(.6)) {
    spec.list = some(["a", "b", "c"]).map((name) => ({
      name,
      ...(maybe(.5) ? { v: pick([1, 2]) } : {}),
      ...(maybe(.5) ? { w: pick([1, 2]) } : {}),
    }));
  }
  return spec;
}

function patchOf(spec: JsonObject): JsonObject {
  return { apiVersion, kind: "T", metadata: { name: "x" }, spec };
}

interface Step {
  live?: KubeObject;
  spec: JsonObject;
  manager: string;
  force: boolean;
}

function apply({ live, spec, manager, force }: Step): KubeObject | undefined {
  const frozen = live && structuredClone(live);
  const patch = patchOf(spec);
  const sent = structuredClone(patch);
  try {
    return serverSideApply({
      live,
      patch,
      manager,
      force,
      apiVersion,
      schema,
      now,
    });
  } catch (error) {
    assert.ok(error instanceof StatusError && error.code === 409, `${error}`);
    assert.ok(!force, "force never conflicts");
    return undefined;
  } finally {
    assert.deepEqual(live, frozen, "the live object is not changed");
    assert.deepEqual(patch, sent, "the patch is not changed");
  }
}

function edit(live: KubeObject, spec: JsonObject): KubeObject {
  const updated = { ...live, spec };
  const managedFields = updateManagedFields({
    live,
    updated,
    manager: "edit",
    apiVersion,
    schema,
    now,
  });
  return { ...updated, metadata: { ...live.metadata, managedFields } };
}

function setOf(object: KubeObject, manager: string): FieldSet {
  const entry = object.metadata.managedFields?.find((e) =>
    e.manager === manager
  );
  return FieldSet.decode(entry?.fieldsV1);
}

/** Whether all that `part` says is so in `whole`; lists of maps by name. */
function holds(whole: Json | undefined, part: Json | undefined): boolean {
  if (Array.isArray(part)) {
    if (!Array.isArray(whole)) return part.length === 0;
    return part.every((p) =>
      whole.some((w) =>
        typeof p === "object" && p
          ? (w as JsonObject).name === (p as JsonObject).name && holds(w, p)
          : deepEqual(w, p)
      )
    );
  }
  if (part && typeof part === "object") {
    return Object.entries(part).every(([k, v]) =>
      holds((whole as JsonObject)?.[k], v) ||
      (typeof v === "object" && !Object.keys(v ?? {}).length)
    );
  }
  return deepEqual(whole, part);
}

Deno.test("applying keeps its invariants over random histories", () => {
  for (let seed = 1; seed <= 400; seed++) {
    const r = random(seed);
    let live: KubeObject | undefined;
    for (let step = 0; step < 8; step++) {
      const context = `seed ${seed}, step ${step}`;
      if (live && r.maybe(.25)) {
        live = edit(live, someSpec(r));
        continue;
      }
      const spec = someSpec(r);
      const manager = r.pick(["one", "two", "three"]);
      const force = r.maybe(.5);
      const result = apply({ live, spec, manager, force });
      if (!result) continue;
      assert.ok(
        holds(result.spec ?? {}, spec),
        `${context}: what was applied is there: ${JSON.stringify(spec)} in ${
          JSON.stringify(result.spec)
        }`,
      );
      assert.deepEqual(
        apply({ live: result, spec, manager, force: false }),
        result,
        `${context}: applying again changes nothing`,
      );
      // `before` holds every path of the object; nobody owns what is not there.
      const present = toFieldSet(result as unknown as Json, type);
      for (const { manager, fieldsV1 } of result.metadata.managedFields!) {
        FieldSet.decode(fieldsV1).forEach((path) => {
          const named = path.at(-1)!.startsWith("f:") &&
            !present.isEmpty();
          assert.ok(
            present.has(path) || named,
            `${context}: ${manager} owns ${path.join(" ")}, which is not there`,
          );
        });
      }
      const own = setOf(result, manager);
      toFieldSet(patchOf(spec), type).forEach((path) => {
        if (path[0] !== "f:spec") return;
        assert.ok(own.has(path), `${context}: ${manager} owns ${path}`);
      });
      live = result;
    }
  }
});

Deno.test("a manager that applies nothing anymore leaves nothing of its own", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const r = random(seed);
    const live = apply({
      spec: someSpec(r),
      manager: "one",
      force: false,
    })!;
    const two = apply({
      live,
      spec: someSpec(r),
      manager: "two",
      force: true,
    })!;
    const without = apply({
      live: two,
      spec: {},
      manager: "two",
      force: false,
    })!;
    const kept = new Set(without.metadata.managedFields!.map((e) => e.manager));
    assert.ok(!kept.has("two") || setOf(without, "two").has(["f:spec"]));
    const one = setOf(without, "one");
    toFieldSet(without as unknown as Json, type).forEach((path) => {
      if (path[0] !== "f:spec" || path.length < 2) return;
      assert.ok(
        one.has(path) || path.at(-1)!.startsWith("k:") || path.length > 2,
        `seed ${seed}: ${path.join(" ")} is owned by nobody`,
      );
    });
  }
});

Deno.test("field sets come back from FieldsV1 as they were, and obey the laws of sets", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const r = random(seed);
    const a = toFieldSet(patchOf(someSpec(r)), type);
    const b = toFieldSet(patchOf(someSpec(r)), type);
    assert.deepEqual(FieldSet.decode(a.encode()).encode(), a.encode());
    const union = a.union(b);
    assert.deepEqual(union.encode(), b.union(a).encode());
    assert.ok(a.difference(a).isEmpty());
    assert.deepEqual(
      a.difference(b).union(a.intersection(b)).encode(),
      a.encode(),
    );
    assert.deepEqual(
      union.difference(b).encode(),
      a.difference(b).encode(),
    );
  }
});
