import assert from "node:assert/strict";
import type { JsonObject } from "../types.ts";
import { removeZeroValue } from "./remove_zero_value.ts";
import { withZeroValue } from "./with_zero_value.ts";

Deno.test("removeZeroValue: what was put in goes, what was there or was changed stays", () => {
  const zero = { spec: {}, status: { info: { os: "" } }, rules: null };
  const changed = (
    original: JsonObject,
    change: (object: JsonObject) => void,
  ) => {
    const object = structuredClone(withZeroValue(original, zero));
    change(object);
    removeZeroValue(object, zero, original);
    return object;
  };
  const spec = (object: JsonObject) => object.spec as JsonObject;
  const status = (object: JsonObject) => object.status as JsonObject;
  assert.deepEqual(changed({ a: 1 }, () => {}), { a: 1 });
  assert.deepEqual(changed({ spec: {} }, () => {}), { spec: {} });
  assert.deepEqual(changed({}, (o) => spec(o).x = 1), { spec: { x: 1 } });
  assert.deepEqual(changed({}, (o) => status(o).x = 1), { status: { x: 1 } });
  assert.deepEqual(
    changed({ status: { y: 2 } }, (o) => status(o).x = 1),
    { status: { x: 1, y: 2 } },
  );
  assert.deepEqual(changed({ spec: { x: 1 } }, (o) => delete o.spec), {});
});
