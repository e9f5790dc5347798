import type { Preview } from "../preview_result.ts";
import { plain } from "./escape.ts";
import {
  byWorkspace,
  count,
  fieldWords,
  formatPreviewProblem,
  groupObjects,
  MARK,
  placeOf,
  pluginWords,
  summary,
  suspendedWords,
} from "./wording.ts";

/** Names that are written out. */
const NAMES = 10;

/** A preview for a terminal. */
export function renderText(preview: Preview): string {
  const lines = [
    `${plain(preview.base)} → ${plain(preview.head)}: ${summary(preview)}`,
  ];
  const section = (title: string, body: string[]) => {
    if (body.length) lines.push("", title, ...body.map((line) => `  ${line}`));
  };
  for (const severity of ["error", "warning"] as const) {
    const found = preview.problems.filter((p) => p.severity === severity);
    section(
      severity === "error" ? "Errors" : "Warnings",
      found.flatMap((problem) => {
        const { agents = [] } = problem;
        // What is to be written into a manifest keeps its lines.
        const [message = "", ...lines] = problem.message.trimEnd().split("\n");
        const more = agents.length > 1
          ? ` (${count(agents.length, "agent")}: ${names(agents)})`
          : "";
        return [
          plain(formatPreviewProblem({ ...problem, message })) + more,
          ...lines.map((line) => `    ${plain(line)}`),
        ];
      }),
    );
  }
  section(
    "Devices",
    byWorkspace(preview.devices).flatMap(([workspace, changes]) => [
      plain(workspace),
      ...changes.flatMap(({ change, agents, paused, plugins }) => [
        `  ${MARK[change]} ${names(agents)}${amount(agents)}${
          paused ? ", paused: it keeps what it runs until it is not" : ""
        }${
          change === "remove"
            ? ": gets no orders any more, and keeps what it runs"
            : ""
        }`,
        ...(change === "remove" ? [] : plugins.flatMap((plugin) => [
          `      ${MARK[plugin.change]} ${pluginWords(plugin, plain)}`,
          ...plugin.config.map((field) =>
            `          ${fieldWords(field, plain)}`
          ),
        ])),
      ]),
    ]),
  );
  section(
    "Objects",
    byWorkspace(preview.objects).flatMap(([workspace, changes]) => [
      workspace ? plain(workspace) : "(the hub's own)",
      ...groupObjects(changes).flatMap((object) => {
        const place = placeOf(object);
        return [
          `  ${MARK[object.change]} ${plain(object.kind)} ${
            names(object.names)
          }${amount(object.names)}${place ? ` (${plain(place)})` : ""}${
            suspendedWords(object)
          }`,
          ...object.fields.map((field) => `      ${fieldWords(field, plain)}`),
        ];
      }),
    ]),
  );
  section(
    "Waits for approval",
    preview.held.map(({ workspace, message }) =>
      `${workspace ? plain(workspace) : "(the hub's own)"}: ${plain(message)}`
    ),
  );
  section(
    "To be approved by",
    preview.approvals.map(({ owners, files }) =>
      `${owners.length ? plain(owners.join(", ")) : "nobody in CODEOWNERS"}: ${
        names(files)
      }`
    ),
  );
  return lines.join("\n");
}

function amount(all: string[]): string {
  return all.length > 1 ? ` (${all.length})` : "";
}

function names(all: string[]): string {
  const more = all.length - NAMES;
  return all.slice(0, NAMES).map(plain).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}
