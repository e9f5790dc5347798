// Adds up JUnit reports: `node count.mjs FOLDER FAILED_STEPS`. Fails when a test or a step did.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, failedSteps] = process.argv.slice(2);
const sum = { tests: 0, failed: 0, skipped: 0 };
for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), "utf8");
  for (
    const [, content = ""] of text.matchAll(
      /<testcase\b(?:[^>]*\/>|[^>]*>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    sum.tests++;
    if (/<(failure|error)\b/.test(content)) sum.failed++;
    else if (/<skipped\b/.test(content)) sum.skipped++;
  }
}
// A runner that died before it could report is a failure too.
const failed = Math.max(sum.failed, Number(failedSteps));
const passed = Math.max(0, sum.tests - sum.failed - sum.skipped);
console.log(`${passed} passed, ${failed} failed, ${sum.skipped} skipped`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
