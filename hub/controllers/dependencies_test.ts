import assert from "node:assert/strict";
import { Dependencies } from "./dependencies.ts";

Deno.test("Dependencies follow what each key was made of last", () => {
  const dependencies = new Dependencies();
  const [a, b] = ["a", "b"].map((name) => ({ namespace: "n", name }));
  dependencies.set(a!, ["x", "y"]);
  dependencies.set(b!, ["y"]);
  assert.deepEqual(dependencies.dependents("y"), [a, b]);
  dependencies.set(a!, ["x"]);
  assert.deepEqual(dependencies.dependents("y"), [b]);
  assert.deepEqual(dependencies.dependents("x"), [a]);
  dependencies.set(a!, []);
  assert.deepEqual(dependencies.dependents("x"), []);
});
