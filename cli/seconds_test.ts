import assert from "node:assert/strict";
import { UsageError } from "./errors.ts";
import { secondsOf } from "./seconds.ts";

Deno.test("secondsOf() reads seconds, and durations as Go writes them", () => {
  assert.equal(secondsOf("90"), 90);
  assert.equal(secondsOf("90s"), 90);
  assert.equal(secondsOf("1m30s"), 90);
  assert.equal(secondsOf("500ms"), 0.5);
  for (const text of ["", "0", "0s", "-1", "soon", "5 minutes"]) {
    assert.throws(() => secondsOf(text), UsageError, text);
  }
});
