/**
 * Real kubectl against the embedded server: line by line what it printed
 * against a real kube-apiserver when that was recorded.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  readScenarios,
  recordedPath,
  runOnEmbedded,
  suiteMissing,
} from "./suite.ts";

const missing = await suiteMissing();
const skipped = missing ? ` (skipped: ${missing})` : "";

Deno.test({
  name: `kubectl prints the same as against kube-apiserver${skipped}`,
  ignore: missing !== undefined,
  async fn(test) {
    const scenarios = await readScenarios();
    assert.ok(scenarios.length > 0);
    const answers = await runOnEmbedded(scenarios);
    for (const { name } of scenarios) {
      await test.step(name, async () => {
        const answer = answers.get(name);
        if (typeof answer !== "string") throw answer;
        const recorded = await Deno.readTextFile(recordedPath(name));
        assert.equal(answer, recorded);
      });
    }
  },
});
