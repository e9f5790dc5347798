import assert from "node:assert/strict";
import { bearerToken } from "./bearer_token.ts";

Deno.test("bearerToken() takes the first word after Bearer", () => {
  for (
    const header of ["Bearer a", "bearer a", "BEARER a b c", " Bearer a "]
  ) assert.deepEqual(bearerToken(header), { token: "a" }, header);
  assert.deepEqual(bearerToken("Bearer a\tb"), { token: "a\tb" });
});

Deno.test("bearerToken() finds none in other headers", () => {
  for (
    const header of [null, "", "Bearer", "Bearer ", "Bearer\ta", "Basic a", "a"]
  ) assert.deepEqual(bearerToken(header), {}, String(header));
});

Deno.test("bearerToken() warns of space before a token, which is ignored", () => {
  for (const header of ["Bearer  a", "Bearer   a b"]) {
    const { token, warning } = bearerToken(header);
    assert.equal(token, undefined);
    assert.match(warning!, /contains extra space before the bearer token/);
  }
});
