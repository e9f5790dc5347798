import type { Preview, PreviewProblem } from "../preview_result.ts";
import { xml } from "./escape.ts";
import { formatPreviewProblem, summary } from "./wording.ts";

/** A preview as a report of tests, for CI systems that show those: a case for each workspace. */
export function renderJunit(preview: Preview): string {
  const errors = preview.problems.filter((p) => p.severity === "error");
  const workspaces = new Set(
    [...preview.problems, ...preview.objects, ...preview.devices]
      .map(({ workspace }) => workspace ?? ""),
  );
  const cases = [...workspaces].sort();
  if (!cases.length) cases.push("");
  const lines = cases.map((workspace) => {
    const own = errors.filter((p) => (p.workspace ?? "") === workspace);
    const name = workspace ? `workspace ${workspace}` : "the hub's own";
    return [
      `    <testcase classname="faros plan" name="${xml(name)}">`,
      ...(own.length ? [failure(own)] : []),
      "    </testcase>",
    ].join("\n");
  });
  const failed =
    cases.filter((workspace) =>
      errors.some((p) => (p.workspace ?? "") === workspace)
    ).length;
  const counts = `tests="${cases.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="faros plan" ${counts}>`,
    `  <testsuite name="faros plan" ${counts}>`,
    ...lines,
    `    <system-out>${xml(summary(preview))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}

/** JUnit's readers take one failure of a case. */
function failure(problems: PreviewProblem[]): string {
  const [first] = problems;
  return `      <failure type="${
    xml(first!.reason ?? "ManifestInvalid")
  }" message="${xml(first!.message)}">${
    xml(problems.map(formatPreviewProblem).join("\n"))
  }</failure>`;
}
