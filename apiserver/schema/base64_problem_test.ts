import assert from "node:assert/strict";
import { base64Problem } from "./base64_problem.ts";

Deno.test("base64Problem() finds where a text stops being base64", () => {
  for (const text of ["", "YQ==", "YWI=", "YWJj", "YW\r\nJj\n"]) {
    assert.equal(base64Problem(text), undefined, text);
  }
  assert.equal(base64Problem("not base64!"), 3);
  assert.equal(base64Problem("YQ"), 2);
  assert.equal(base64Problem("Y=Q="), 1);
});
