import assert from "node:assert/strict";
import { kubernetesEnvironment } from "./cel_library.ts";

Deno.test("addSemver() orders versions as semver.org does", () => {
  const env = kubernetesEnvironment();
  const order = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0",
    "1.2.0",
    "1.10.0",
  ];
  order.forEach((a, i) =>
    order.forEach((b, j) => {
      const text = `semver('${a}').compareTo(semver('${b}'))`;
      assert.equal(env.evaluate(text), BigInt(Math.sign(i - j)), text);
    })
  );
});

Deno.test("addSemver() takes what is a version only, and more where it is asked to", () => {
  const env = kubernetesEnvironment();
  const cases: [string, unknown][] = [
    ["isSemver('1.2.3+build')", true],
    ["isSemver('v1.2')", false],
    ["isSemver('v1.2', true)", true],
    ["isSemver('01.2.3')", false],
    ["isSemver('1.2.3.4', true)", false],
    ["semver('v1.02', true).minor()", 2n],
    ["semver('1.2.3').major()", 1n],
    ["semver('1.2.3').isLessThan(semver('1.2.4'))", true],
  ];
  for (const [text, expected] of cases) {
    assert.equal(env.evaluate(text), expected, text);
  }
  assert.throws(() => env.evaluate("semver('x')"), /invalid semantic version/);
});
