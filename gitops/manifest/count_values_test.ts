import assert from "node:assert/strict";
import { countValues } from "./count_values.ts";

Deno.test("countValues() counts scalars, objects and lists alike", () => {
  assert.equal(countValues("x"), 1);
  assert.equal(countValues(null), 1);
  assert.equal(countValues({}), 1);
  assert.equal(countValues({ a: [{}, [], null, 1, "x"], b: { c: true } }), 9);
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = [deep];
  assert.equal(countValues(deep), 100_001);
  let wide: unknown = 1;
  for (let level = 0; level < 100; level++) wide = [wide, wide];
  assert.equal(countValues(wide, 1000), 1000);
});
