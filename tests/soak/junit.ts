import { junitReport as report } from "../junit_report.ts";
import type { Outcome } from "./results.ts";

/** A JUnit report with a test case for each soak. */
export function junitReport(outcomes: Outcome[]): string {
  return report(
    "soak",
    outcomes.map(({ name, seconds, seed, error, skipped }) => ({
      name,
      seconds,
      skipped,
      failure: error === undefined ? undefined : `seed ${seed}: ${error}`,
    })),
  );
}
