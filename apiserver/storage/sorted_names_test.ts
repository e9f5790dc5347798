import assert from "node:assert/strict";
import fc from "fast-check";
import { SortedNames } from "./sorted_names.ts";

Deno.test("SortedNames has what was added and not deleted, in order, whenever it is asked", () => {
  const step = fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 3 }),
    ask: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const names = new SortedNames();
    const model = new Set<string>();
    const same = () => assert.deepEqual(names.all(), [...model].sort());
    for (const { name, ask } of steps) {
      if (model.delete(name)) names.delete(name);
      else {
        model.add(name);
        names.add(name);
      }
      if (ask) same();
    }
    same();
  }));
});

Deno.test("names that were asked for stay as they were while others come", () => {
  const names = new SortedNames();
  names.add("b");
  const before = names.all();
  names.add("a");
  names.delete("b");
  assert.deepEqual(names.all(), ["a"]);
  assert.deepEqual(before, ["b"]);
});
