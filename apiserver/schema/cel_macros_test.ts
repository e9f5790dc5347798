import assert from "node:assert/strict";
import { compileRule } from "./cel.ts";
import { kubernetesEnvironment } from "./cel_library.ts";
import type { Node } from "./cel_estimate.ts";
import { withKnownMacros } from "./cel_macros.ts";

const self = {
  list: [1n, 2n, 3n],
  map: { a: 1n, b: 2n },
  names: ["x", "y"],
};

function evaluate(source: string): unknown {
  const env = kubernetesEnvironment();
  const text = withKnownMacros(source, env.parse(source).ast as Node);
  const parsed = env.parse(text);
  const { valid, error } = parsed.check();
  assert.ok(valid, `${source}: ${error}`);
  return parsed({ self, oldSelf: self });
}

Deno.test("macros see index and item of a list, key and value of a map", () => {
  const cases: [string, unknown][] = [
    ["self.list.all(i, v, v == i + 1)", true],
    ["(self.list).all(i, v, (v > i) && (i >= 0))", true],
    ["self.list.exists(i, v, i == 2 && v == 3)", true],
    ["self.list.exists(i, v, i == v)", false],
    ["self.list.exists_one(i, v, v > 2)", true],
    ["self.list.existsOne(i, v, v > 1)", false],
    ["self.map.all(k, v, self.map[k] == v)", true],
    ["self.list.transformList(i, v, i * v) == [0, 2, 6]", true],
    ["self.list.transformList(i, v, v > 1, (i * v)) == [2, 6]", true],
    ["self.map.transformList(k, v, k + string(v)) == ['a1', 'b2']", true],
    ["self.map.transformMap(k, v, v + 1) == {'a': 2, 'b': 3}", true],
    ["self.map.transformMap(k, v, (v > 1), v + 1) == {'b': 3}", true],
    ["self.list.transformMap(i, v, v)[1] == 2", true],
    ["self.list.transformMap(i, v, v).all(i, v, v == i + 1)", true],
    [
      "self.names.transformMapEntry(i, n, {n: i}) == {'x': 0, 'y': 1}",
      true,
    ],
    [
      "self.map.transformMapEntry(k, v, v > 1, {string(v): k}) == {'2': 'b'}",
      true,
    ],
    ["self.list.all(i, v, self.list.all(j, w, i == j || v != w))", true],
    [
      "self.names.transformList(i, n, self.list.transformList(j, v, v > i, n + string(j))) == [['x0', 'x1', 'x2'], ['y1', 'y2']]",
      true,
    ],
    ["[3, 1, 2].sortBy(x, x) == [1, 2, 3]", true],
    ["(self.names).sortBy(n, n == 'x' ? 2 : 1) == ['y', 'x']", true],
    [
      "self.list.transformList(i, v, [v, -v]).sortBy(p, (p[1])).map(p, p[0]) == [3, 2, 1]",
      true,
    ],
    // A variable hides what Kubernetes calls so.
    ["self.list.all(lists, strings, lists < strings)", true],
    ["self.names.all(format, format in ['x', 'y'])", true],
    // What decides already is not spoilt by an error elsewhere.
    ["self.list.exists(i, v, 10 / i == 10)", true],
    ["'all(i, v, x)' == 'all(i, v, x)'", true],
  ];
  for (const [source, wanted] of cases) {
    assert.equal(evaluate(source), wanted, source);
  }
  assert.throws(
    () => evaluate("self.map.transformMapEntry(k, v, {'x': v})"),
    /insert failed: key x already exists/,
  );
});

Deno.test("variables that are none are refused where they stand, and so is what macros are rewritten to", () => {
  const cases: [string, string][] = [
    [
      "self.list.all(i, i, i > 0)",
      "ERROR: <input>:1:18: duplicate variable name: i\n | self.list.all(i, i, i > 0)\n | .................^",
    ],
    [
      "[1].sortBy(1, x) == [1]",
      "ERROR: <input>:1:12: argument is not an identifier\n | [1].sortBy(1, x) == [1]\n | ...........^",
    ],
    [
      "self.list.all(1, v, v > 0)",
      "ERROR: <input>:1:15: argument must be a simple name\n | self.list.all(1, v, v > 0)\n | ..............^",
    ],
    [
      "cel.bind(x, 1, x > 0)",
      "ERROR: <input>:1:1: undeclared reference to 'cel' (in container '')\n | cel.bind(x, 1, x > 0)\n | ^",
    ],
  ];
  for (const [rule, wanted] of cases) {
    assert.equal(compileRule({ rule }, { type: "object" }).wrong, wanted);
  }
});
