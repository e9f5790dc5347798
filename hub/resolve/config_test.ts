import assert from "node:assert/strict";
import { mergeConfig, parseConfig } from "./config.ts";
import { Problem } from "./problem.ts";

function problem(text: string): string {
  try {
    parseConfig(text, "Network wg");
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.equal(error.reason, "ConfigInvalid");
    return error.message;
  }
  throw new Error("it was taken");
}

Deno.test("parseConfig() reads YAML, and takes nothing for an empty mapping", () => {
  assert.deepEqual(parseConfig("peers:\n- publicKey: a\n", "x"), {
    peers: [{ publicKey: "a" }],
  });
  assert.deepEqual(parseConfig("", "x"), {});
  assert.deepEqual(parseConfig(undefined, "x"), {});
});

Deno.test("parseConfig() says where a string is not YAML", () => {
  assert.match(problem("a: 1\nb: [1"), /config of Network wg .*line 2/);
  assert.match(problem("a: 1\na: 2"), /field a twice.*line 2, column 1/);
});

Deno.test("parseConfig() refuses what no Revision could hold", () => {
  assert.match(problem("- a"), /a list; it has to be a mapping/);
  assert.match(problem("a: .nan"), /config\.a is NaN/);
  assert.match(problem("a:\n- __proto__: {x: 1}"), /__proto__/);
  assert.match(problem("a: 9007199254740993"), /largest that JSON holds/);
  assert.match(problem("a: &a [*a]"), /holds itself/);
});

Deno.test("parseConfig() comes back from a text of any size", () => {
  const names = Array.from({ length: 50_000 }, (_, i) => `k${i}`);
  const fields = names.map((name) => `${name}: 1`).join("\n");
  assert.equal(Object.keys(parseConfig(fields, "x")).length, 50_000);
  const aliases = `a: &x []\nb: [${"*x,".repeat(50_000)}]`;
  assert.match(problem(aliases), /found 50000 aliases/);
});

Deno.test("mergeConfig() merges objects, replaces all else, and changes neither", () => {
  const base = { a: { b: 1, c: 2 }, list: [1, 2], s: "x" };
  const override = { a: { c: 3 }, list: [3] };
  assert.deepEqual(mergeConfig(base, override), {
    a: { b: 1, c: 3 },
    list: [3],
    s: "x",
  });
  assert.deepEqual(base.a, { b: 1, c: 2 });
});
