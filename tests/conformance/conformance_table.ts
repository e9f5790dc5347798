import type { Results } from "./results.ts";

const HEAD = ["Area", "Spec", "Conformance", "Passes"];
const SIG = /^\[sig-([a-z-]+)\] */;
const TAG = / *\[[^\]]*\]/g;

/** The specs and what came of each, in Markdown as `deno fmt` leaves it. */
export function conformanceTable(specs: string[], results: Results): string {
  const rows = specs.map((spec) => [
    SIG.exec(spec)?.[1] ?? "",
    spec.replace(SIG, "").replaceAll(TAG, "").replaceAll("|", "\\|"),
    spec.includes("[Conformance]") ? "yes" : "",
    outcome(results.specs[spec]),
  ]);
  const passed = rows.filter((row) => row[3] === "yes").length;
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [
    `${passed} of ${specs.length} pass, with the tests of Kubernetes ${results.kubernetes}.`,
    "",
    line(HEAD),
    line(widths.map((width) => "-".repeat(width))),
    ...rows.map(line),
  ].join("\n");
}

function outcome(status: Results["specs"][string] | undefined): string {
  return status === "passed" ? "yes" : status === "failed" ? "no" : "not run";
}
