import assert from "node:assert/strict";
import { rememberBriefly } from "./remember_briefly.ts";

Deno.test("rememberBriefly() makes what is asked for again in the same job once", async () => {
  const made: string[] = [];
  const make = rememberBriefly((of: { name: string }) => {
    made.push(of.name);
    return { name: of.name };
  });
  const [a, b] = [{ name: "a" }, { name: "b" }];
  assert.equal(make(a), make(a));
  assert.equal(make(b).name, "b");
  assert.deepEqual(made, ["a", "b"]);
  // Only the last is held: a job may ask of thousands.
  assert.equal(make(a).name, "a");
  assert.deepEqual(made, ["a", "b", "a"]);
  await Promise.resolve();
  assert.equal(make(b).name, "b");
  assert.equal(make(b), make(b));
});
