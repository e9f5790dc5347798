/**
 * What holds of patches of any document: JSON patch by RFC 6902, JSON merge patch by RFC 7386, and strategic merge
 * patch by its rules for lists that merge by a key.
 *
 * @module
 */
import { isObject } from "../is_object.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { StatusError } from "../errors.ts";
import type { Json, JsonObject, Schema } from "../types.ts";
import { jsonPatch, mergePatch, strategicMergePatch } from "./mod.ts";
import rfc6902 from "./rfc6902.json" with { type: "json" };

const SEED = { seed: 6902, numRuns: 1000 };
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "b", "c", "", "a/b", "~", "-") },
  fc.constantFrom("__proto__", "constructor", "0", "01", "~1"),
);
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom("", "x", "y"),
);
const { value: json, object } = fc.letrec<{ value: Json; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      scalar,
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(key, tie("value"), { maxKeys: 4 }) as fc.Arbitrary<
      JsonObject
    >,
  }),
);

/** A copy with the prototypes of parsed JSON, which nothing can change. */
function frozen<T extends Json>(value: T): T {
  return JSON.parse(
    JSON.stringify(value),
    (_, part) => typeof part === "object" ? Object.freeze(part) : part,
  );
}

function same(actual: Json, expected: Json) {
  assert.equal(canonical(actual), canonical(expected));
}

/** Text that is the same for the same value, whatever the order of keys. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${
    Object.keys(value).sort()
      .map((name) => JSON.stringify(name) + canonical(value[name]!))
  }}`;
}

/** Pointers to all places inside of a value, with what is there. */
function* places(value: Json, at = ""): Generator<[string, Json]> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inside] of Object.entries(value)) {
    const path = `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    yield [path, inside as Json];
    yield* places(inside as Json, path);
  }
}

/** A document, and a place in it with what is there. */
const documentAndPlace = object.filter((value) => Object.keys(value).length > 0)
  .chain((document) =>
    fc.constantFrom(...places(document)).map(([path, value]) => ({
      document: frozen(document),
      path,
      value,
    }))
  );

function refused(work: () => unknown, codes: number[]) {
  assert.throws(
    work,
    (error) => error instanceof StatusError && codes.includes(error.code),
  );
}

for (const { name, document, patch, result } of rfc6902) {
  Deno.test(`JSON patch: RFC 6902, ${name}`, () => {
    const run = () =>
      jsonPatch(frozen(document as JsonObject), patch as Json[]);
    if (result) same(run(), result as JsonObject);
    else refused(run, [422]);
  });
}

Deno.test("JSON patch: what is at a place passes its test, and nothing else does", () => {
  fc.assert(
    fc.property(documentAndPlace, json, ({ document, path, value }, other) => {
      same(jsonPatch(document, [{ op: "test", path, value }]), document);
      if (canonical(value) === canonical(other)) return;
      const wrong = [{ op: "test", path, value: other }];
      refused(() => jsonPatch(document, wrong), [422]);
    }),
    SEED,
  );
});

Deno.test("JSON patch: what is added is there, and removing it is undoing it", () => {
  fc.assert(
    fc.property(documentAndPlace, json, ({ document, path, value }, added) => {
      const parent = path.slice(0, path.lastIndexOf("/"));
      const inList = Array.isArray(at(document, parent));
      const steps = [
        { op: "add", path, value: added },
        { op: "test", path, value: added },
        { op: "remove", path },
      ];
      // In a list the others move; a member of an object is replaced.
      same(
        jsonPatch(
          document,
          inList ? steps : [
            ...steps,
            { op: "add", path, value },
          ],
        ),
        document,
      );
    }),
    SEED,
  );
});

Deno.test("JSON patch: replace is remove and add, move is copy and remove", () => {
  fc.assert(
    fc.property(documentAndPlace, json, ({ document, path, value }, other) => {
      same(
        jsonPatch(document, [{ op: "replace", path, value: other }]),
        jsonPatch(document, [{ op: "remove", path }, {
          op: "add",
          path,
          value: other,
        }]),
      );
      same(
        jsonPatch(document, [{ op: "move", from: path, path: "/new" }]),
        jsonPatch(document, [
          { op: "test", path, value },
          { op: "copy", from: path, path: "/new" },
          { op: "remove", path },
        ]),
      );
    }),
    SEED,
  );
});

/** What a pointer leads to. */
function at(document: JsonObject, path: string): Json {
  if (path === "") return document;
  return new Map(places(document)).get(path)!;
}

Deno.test("JSON patch: any list of operations ends in an object or a refusal", () => {
  const path = fc.array(
    fc.oneof(key, fc.constantFrom("0", "1", "-1", "-", "~2", "1e0")),
    { maxLength: 3 },
  ).map((parts) => parts.map((part) => `/${part}`).join(""));
  const operation = fc.record({
    op: fc.constantFrom("add", "remove", "replace", "move", "copy", "test"),
    path,
    from: path,
    value: json,
  }, { requiredKeys: ["op"] });
  fc.assert(
    fc.property(
      object,
      fc.oneof(fc.array(operation, { maxLength: 4 }), json),
      (document, patch) => {
        try {
          const result = jsonPatch(frozen(document), patch as Json);
          assert.ok(isObject(result));
        } catch (error) {
          assert.ok(error instanceof StatusError, String(error));
          assert.ok([400, 422].includes(error.code));
        }
      },
    ),
    SEED,
  );
});

/** The pseudo code of RFC 7386, section 2. */
function byTheRfc(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, byTheRfc(result.get(name), value as Json));
  }
  return JSON.parse(
    `{${
      Array.from(
        result,
        ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
      )
    }}`,
  );
}

Deno.test("merge patch: it does what RFC 7386 says, and twice is once", () => {
  fc.assert(
    fc.property(object, object, (document, patch) => {
      const [from, by] = [frozen(document), frozen(patch)];
      const result = mergePatch(from, by);
      same(result, byTheRfc(from, by));
      same(mergePatch(result, by), result);
    }),
    SEED,
  );
});

const schema: Schema = {
  type: "object",
  properties: {
    items: {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      items: { type: "object" },
    },
    set: {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      items: { type: "string" },
    },
  },
};
interface Item extends JsonObject {
  name: string;
}
const items = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d"),
    v: fc.integer({ min: 0, max: 2 }),
    w: fc.integer({ min: 0, max: 2 }),
  }, { requiredKeys: ["name"] }) as unknown as fc.Arbitrary<Item>,
  { selector: ({ name }) => name, maxLength: 4 },
);
const names = (list: Json | undefined) =>
  ((list ?? []) as Item[]).map(({ name }) => name);

Deno.test("strategic merge patch: items merge by their key, in the order of the patch, others stay in theirs", () => {
  fc.assert(
    fc.property(items, items, (had, wanted) => {
      const document = frozen({ items: had });
      const patch = frozen({ items: wanted });
      const result = strategicMergePatch(document, patch, schema);
      const found = result.items as Item[];
      assert.deepEqual(
        new Set(names(found)),
        new Set([...names(had), ...names(wanted)]),
      );
      assert.equal(found.length, new Set(names(found)).size);
      for (const item of found) {
        const of = (list: Item[]) =>
          list.find(({ name }) => name === item.name);
        same(item, { ...of(had), ...of(wanted) });
      }
      const isWanted = (name: string) => names(wanted).includes(name);
      assert.deepEqual(names(found).filter(isWanted), names(wanted));
      assert.deepEqual(
        names(found).filter((name) => !isWanted(name)),
        names(had).filter((name) => !isWanted(name)),
      );
      same(strategicMergePatch(frozen(result), patch, schema), result);
    }),
    SEED,
  );
});

Deno.test("strategic merge patch: $patch delete removes the item of its key alone", () => {
  fc.assert(
    fc.property(items, fc.constantFrom("a", "b", "c", "d"), (had, name) => {
      const result = strategicMergePatch(
        frozen({ items: had }),
        frozen({ items: [{ $patch: "delete", name }] }),
        schema,
      );
      same(result.items!, had.filter((item) => item.name !== name));
    }),
    SEED,
  );
});

Deno.test("strategic merge patch: $patch replace leaves what the patch has", () => {
  fc.assert(
    fc.property(items, items, (had, wanted) => {
      const result = strategicMergePatch(
        frozen({ items: had }),
        frozen({ items: [...wanted, { $patch: "replace" }] }),
        schema,
      );
      same(result.items!, wanted);
    }),
    SEED,
  );
});

Deno.test("strategic merge patch: lists of texts are united, and can be made smaller", () => {
  const texts = fc.uniqueArray(fc.constantFrom<string>("a", "b", "c", "d"));
  fc.assert(
    fc.property(texts, texts, texts, (had, added, removed) => {
      const united = strategicMergePatch(
        frozen({ set: had }),
        frozen({ set: added }),
        schema,
      );
      assert.deepEqual(
        new Set(united.set as string[]),
        new Set([...had, ...added]),
      );
      const less = strategicMergePatch(
        frozen(united),
        frozen({ "$deleteFromPrimitiveList/set": removed }),
        schema,
      );
      assert.deepEqual(
        less.set,
        (united.set as string[]).filter((text) => !removed.includes(text)),
      );
    }),
    SEED,
  );
});

Deno.test("strategic merge patch: without strategies it is a merge patch, lists included", () => {
  // Strategic merge patch takes nulls out of the lists of a patch, too.
  const plain = object.filter((value) =>
    !Array.from(places(value)).some(([, part]) =>
      Array.isArray(part) && JSON.stringify(part).includes("null")
    )
  );
  fc.assert(
    fc.property(object, plain, (document, patch) => {
      const [from, by] = [frozen(document), frozen(patch)];
      same(strategicMergePatch(from, by, undefined), mergePatch(from, by));
    }),
    SEED,
  );
});

Deno.test("strategic merge patch: any directives end in an object or a refusal", () => {
  const directive = fc.constantFrom(
    "$patch",
    "$retainKeys",
    "$setElementOrder/items",
    "$setElementOrder/set",
    "$deleteFromPrimitiveList/set",
    "items",
    "set",
    "name",
  );
  const patch = fc.dictionary(
    directive,
    fc.oneof(
      fc.constantFrom("delete", "replace", "merge"),
      json,
      fc.array(
        fc.dictionary(directive, fc.oneof(scalar, fc.constant("delete"))),
        { maxLength: 3 },
      ),
    ),
  );
  fc.assert(
    fc.property(patch, items, (by, had) => {
      try {
        const document = frozen({ items: had, set: ["a"] });
        const result = strategicMergePatch(
          document,
          frozen(by as JsonObject),
          schema,
        );
        assert.ok(isObject(result));
      } catch (error) {
        assert.ok(error instanceof StatusError, String(error));
        assert.equal(error.code, 400);
      }
    }),
    SEED,
  );
});
