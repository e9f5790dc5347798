import type { Preview, PreviewProblem } from "../preview_result.ts";

/** The most results that GitHub takes of a run. */
const MOST = 5000;

/**
 * The errors and warnings of a preview in SARIF 2.1.0 (OASIS), by which forges
 * show them at their lines.
 *
 * @param options.version That of this program.
 */
export function renderSarif(
  preview: Preview,
  options: { version: string },
): string {
  const problems = preview.problems.slice(0, MOST);
  const rules = [...new Set(problems.map(ruleOf))].sort();
  return JSON.stringify(
    {
      $schema:
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      version: "2.1.0",
      runs: [{
        tool: {
          driver: {
            name: "faros plan",
            semanticVersion: options.version,
            rules: rules.map((id) => ({ id, name: id })),
          },
        },
        // Columns count what JavaScript counts.
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: {
          SRCROOT: { description: { text: "The top of the repository" } },
        },
        results: problems.map((problem) => ({
          ruleId: ruleOf(problem),
          ruleIndex: rules.indexOf(ruleOf(problem)),
          level: problem.severity,
          message: { text: text(problem) },
          locations: [{
            physicalLocation: {
              artifactLocation: {
                uri: problem.file.split("/").map(encodeURIComponent).join("/"),
                uriBaseId: "SRCROOT",
              },
              ...(problem.line === undefined ? {} : {
                region: {
                  startLine: problem.line,
                  startColumn: problem.column ?? 1,
                },
              }),
            },
          }],
        })),
      }],
    },
    null,
    2,
  );
}

function ruleOf({ reason }: PreviewProblem): string {
  return reason ?? "ManifestInvalid";
}

/** Brackets would be embedded links (SARIF 2.1.0, 3.11.6). */
function text({ field, message, agents = [] }: PreviewProblem): string {
  const more = agents.length > 1 ? ` (${agents.length} agents)` : "";
  return `${field ? `${field}: ` : ""}${message}${more}`
    .replaceAll(/[\\[\]]/g, "\\$&");
}
