import assert from "node:assert/strict";
import { kubernetesEnvironment } from "./cel_library.ts";
import { metered } from "./cel_meter.ts";

Deno.test("addLists() answers what cel-go's lists do", () => {
  const env = kubernetesEnvironment();
  const cases: [string, unknown][] = [
    ["[1, 2].first().value()", 1n],
    ["[1, 2].last().orValue(0)", 2n],
    ["[].last().hasValue()", false],
    ["lists.range(3) == [0, 1, 2]", true],
    ["lists.range(0) == []", true],
    ["[1, 1.0, '1', 2, 1].distinct() == [1, '1', 2]", true],
    ["[[1], {'a': 1}, [1], {'a': 1}, null, null].distinct().size()", 3n],
    ["strings.quote('a\\n\"b\"')", '"a\\n\\"b\\""'],
  ];
  for (const [source, wanted] of cases) {
    assert.equal(env.evaluate(source), wanted, source);
  }
});

Deno.test("a range that is longer than a rule may cost is not made", () => {
  const env = kubernetesEnvironment();
  const { error } = metered(0, () => env.evaluate("lists.range(1000000000)"));
  assert.match(String(error), /actual cost limit exceeded/);
});

Deno.test("a range below nothing is empty, and gives no budget back", () => {
  const env = kubernetesEnvironment();
  const evaluate = () =>
    env.evaluate("lists.range(-1000000000) + lists.range(2000000)");
  assert.match(String(metered(0, evaluate).error), /actual cost limit/);
});
