import assert from "node:assert/strict";
import { Dependencies } from "./dependencies.ts";

const [a, b] = ["a", "b"].map((name) => ({ namespace: "n", name }));

function gather(
  dependencies: Dependencies,
  { key, on }: { key: typeof a; on: string[] },
) {
  const gathering = dependencies.gather(key!);
  for (const dependency of on) gathering.add(dependency);
  gathering.done();
}

Deno.test("Dependencies follow what each key was made of last", () => {
  const dependencies = new Dependencies();
  gather(dependencies, { key: a, on: ["x", "y"] });
  gather(dependencies, { key: b, on: ["y"] });
  assert.deepEqual(dependencies.dependents("y"), [a, b]);
  gather(dependencies, { key: a, on: ["x"] });
  assert.deepEqual(dependencies.dependents("y"), [b]);
  assert.deepEqual(dependencies.dependents("x"), [a]);
  assert.equal(dependencies.has("x"), true);
  dependencies.delete(a!);
  assert.deepEqual(dependencies.dependents("x"), []);
  assert.equal(dependencies.has("x"), false);
});

Deno.test("what changes while a key's dependencies are gathered is not missed", () => {
  const dependencies = new Dependencies();
  gather(dependencies, { key: a, on: ["before", "always"] });
  const gathering = dependencies.gather(a!);
  gathering.add("always");
  gathering.add("now");
  for (const dependency of ["before", "always", "now"]) {
    assert.deepEqual(dependencies.dependents(dependency), [a], dependency);
  }
  gathering.done();
  assert.deepEqual(dependencies.dependents("before"), []);
  assert.deepEqual(dependencies.dependents("now"), [a]);
});
