import type { Outcome } from "./results.ts";

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    // deno-lint-ignore no-control-regex -- XML 1.0 has no place for them
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "?");
}

/** A JUnit report with a test case for each soak. */
export function junitReport(outcomes: Outcome[]): string {
  const failures = outcomes.filter((o) => o.error).length;
  const skipped = outcomes.filter((o) => o.skipped).length;
  const cases = outcomes.map((o) => {
    const content = o.error
      ? `<failure message="seed ${o.seed}">${escape(o.error)}</failure>`
      : o.skipped
      ? `<skipped message="${escape(o.skipped)}"/>`
      : "";
    return `<testcase classname="soak" name="${
      escape(o.name)
    }" time="${o.seconds}">${content}</testcase>`;
  });
  const counts = `tests="${outcomes.length}" failures="${failures}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `<testsuite name="soak" ${counts} skipped="${skipped}">`,
    ...cases,
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
