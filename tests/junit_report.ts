/** A test case of a JUnit report. */
export interface JunitCase {
  name: string;
  /** @default {0} */
  seconds?: number;
  /** Why it failed. */
  failure?: string;
  /** Why it was not run. */
  skipped?: string;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;")
    // deno-lint-ignore no-control-regex -- XML 1.0 has no place for them
    .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, "?");
}

/** A JUnit report of one suite. */
export function junitReport(suite: string, cases: JunitCase[]): string {
  const failures = cases.filter((c) => c.failure !== undefined).length;
  const skipped = cases.filter((c) => c.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0"`;
  const lines = cases.map(({ name, seconds = 0, failure, skipped }) => {
    const content = failure !== undefined
      ? `<failure>${escape(failure)}</failure>`
      : skipped !== undefined
      ? `<skipped message="${escape(skipped)}"/>`
      : "";
    return `<testcase classname="${suite}" name="${
      escape(name)
    }" time="${seconds}">${content}</testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `<testsuite name="${suite}" ${counts} skipped="${skipped}">`,
    ...lines,
    "</testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}
