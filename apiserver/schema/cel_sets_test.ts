import assert from "node:assert/strict";
import { kubernetesEnvironment } from "./cel_library.ts";

Deno.test("addSets() compares lists as sets, whatever the order and how often", () => {
  const env = kubernetesEnvironment();
  const cases: [string, boolean][] = [
    ["sets.contains([1, 2, 3], [3, 1, 1])", true],
    ["sets.contains([1], [1, 2])", false],
    ["sets.contains(['a'], [])", true],
    ["sets.equivalent([1, 2, 2], [2, 1])", true],
    ["sets.equivalent([1, 2], [1])", false],
    ["sets.intersects([[1], [2]], [[2]])", true],
    ["sets.intersects([], [])", false],
  ];
  for (const [text, expected] of cases) {
    assert.equal(env.evaluate(text), expected, text);
  }
});
