import assert from "node:assert/strict";
import { warningHeaders } from "./warnings.ts";

Deno.test("warningHeaders() says each text once, in ASCII", () => {
  assert.deepEqual(warningHeaders([]), []);
  assert.deepEqual(
    warningHeaders(['unknown field "a"', "é", 'unknown field "a"']),
    ['299 - "unknown field \\"a\\""', '299 - "?"'],
  );
});

Deno.test("warningHeaders() cuts long texts only where all are too long together", () => {
  const long = "x".repeat(4000);
  assert.deepEqual(warningHeaders([long, "a"]), [
    `299 - "${long}"`,
    '299 - "a"',
  ]);
  assert.deepEqual(warningHeaders([long, "y".repeat(200)]), [
    `299 - "${"x".repeat(256)}"`,
    `299 - "${"y".repeat(200)}"`,
  ]);
});

Deno.test("warningHeaders() leaves out those beyond the limit", () => {
  const many = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(300, "x"));
  const headers = warningHeaders(many);
  assert.equal(headers.length, 16);
  assert.equal(headers[15], `299 - "${"15".padEnd(256, "x")}"`);
});
