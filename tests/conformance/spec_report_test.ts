import assert from "node:assert/strict";
import { readSpecReport } from "./spec_report.ts";

const REPORT = `<testsuites><testsuite>
<testcase name="[BeforeSuite]" status="passed" time="1"></testcase>
<testcase name="[It] [sig-a] Things should be [Conformance] [sig-a, Conformance]" status="passed" time="1.5"></testcase>
<testcase name="[It] [sig-a] Things should be for CRDs [Conformance] [sig-a]" status="failed" time="2">
  <failure message="found &quot;x&quot; &amp;&#xA;more" type="failed">long</failure>
</testcase>
<testcase name="[It] [sig-a] Things may be [sig-a]" status="skipped" time="0"><skipped/></testcase>
</testsuite></testsuites>`;

Deno.test("the specs that were asked for are read from a report of all", () => {
  assert.deepEqual(
    readSpecReport(REPORT, [
      "[sig-a] Things should be [Conformance]",
      "[sig-a] Things should be for CRDs [Conformance]",
      "[sig-a] Things may be",
    ]),
    [
      {
        name: "[sig-a] Things should be [Conformance]",
        status: "passed",
        seconds: 1.5,
      },
      {
        name: "[sig-a] Things should be for CRDs [Conformance]",
        status: "failed",
        seconds: 2,
        failure: 'found "x" &\nmore',
      },
      {
        name: "[sig-a] Things may be",
        status: "failed",
        seconds: 0,
        failure: "it did not run",
      },
    ],
  );
});
