import assert from "node:assert/strict";
import { Entry } from "../storage/entry.ts";
import { bytesOf } from "./present.ts";
import type { Served } from "./resources.ts";

Deno.test("bytesOf() parses an object only where it is older than its definition", () => {
  const definition = { custom: true, since: 7 };
  const served = {
    apiVersion: "example.com/v1",
    definition,
  } as unknown as Served;
  const bytes = new TextEncoder().encode(
    '{"apiVersion":"example.com/v1", and what no parser takes',
  );
  const newer = new Entry("default", "a", 8, bytes);
  assert.equal(bytesOf(served, newer), bytes);
  const older = new Entry("default", "a", 7, bytes);
  assert.throws(() => bytesOf(served, older), SyntaxError);
});
