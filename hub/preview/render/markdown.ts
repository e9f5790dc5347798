import type { Preview, PreviewProblem } from "../preview_result.ts";
import { code, words } from "./escape.ts";
import {
  byWorkspace,
  count,
  fieldWords,
  groupObjects,
  MARK,
  placeOf,
  pluginWords,
  summary,
  suspendedWords,
} from "./wording.ts";

/** First line, by which a comment is found again to be updated. */
export const COMMENT_MARK = "<!-- faros plan -->";

/** Options of {@linkcode renderMarkdown}. */
export interface RenderMarkdownOptions {
  /** Most bytes (UTF-8): GitHub takes 65,536 characters, GitLab a million. @default {60000} */
  maxBytes?: number;
}

/** Names that are written out in a line. */
const NAMES = 8;
/** Problems, files and fields that are written out. */
const ITEMS = 20;

/**
 * A preview as a comment on a pull request: in short what matters, all else
 * folded, and never longer than a forge takes. Nothing that comes from the
 * pull request is markup in it.
 */
export function renderMarkdown(
  preview: Preview,
  options: RenderMarkdownOptions = {},
): string {
  const page = new Page(options.maxBytes ?? 60_000);
  page.add(COMMENT_MARK);
  page.add(`### Faros plan: ${summary(preview)}`);
  page.add("");
  page.add(`${code(preview.base)} → ${code(preview.head)}`);
  problems(page, preview, "error");
  if (preview.held.length) {
    page.add("", "**Waits for approval** (`kubectl faros repository approve`)");
    page.list(
      preview.held.map(({ workspace, message }) => [
        `- ${workspace ? code(workspace) : "the hub's own"}: ${words(message)}`,
      ]),
    );
  }
  if (preview.approvals.length) {
    page.add("", "**To be approved by**");
    page.list(preview.approvals.map(({ owners, files }) => [
      `- ${owners.map(code).join(", ") || "nobody in CODEOWNERS"}: ${
        names(files)
      }`,
    ]));
  }
  page.fold(
    "Devices",
    byWorkspace(preview.devices).flatMap(([workspace, changes]) =>
      changes.map(({ change, agents, paused, plugins }, i) => [
        ...(i === 0 ? ["", `${code(workspace)}`, ""] : []),
        `- ${code(MARK[change])} ${names(agents)}${amount(agents)}${
          paused ? ", paused: keeps what it runs until it is not" : ""
        }${
          change === "remove"
            ? ": gets no orders any more, and keeps what it runs"
            : ""
        }`,
        ...(change === "remove" ? [] : plugins.flatMap((plugin) => [
          `  - ${code(MARK[plugin.change])} ${pluginWords(plugin, code)}`,
          ...fields(plugin.config, "    "),
        ])),
      ])
    ),
    "more changes of devices",
  );
  page.fold(
    "Objects",
    byWorkspace(preview.objects).flatMap(([workspace, changes]) =>
      groupObjects(changes).map((object, i) => {
        const place = placeOf(object);
        return [
          ...(i === 0
            ? ["", workspace ? code(workspace) : "The hub's own", ""]
            : []),
          `- ${code(MARK[object.change])} ${code(object.kind)} ${
            names(object.names)
          }${amount(object.names)}${place ? ` (${code(place)})` : ""}${
            suspendedWords(object)
          }`,
          ...fields(object.fields, "  "),
        ];
      })
    ),
    "more objects",
  );
  problems(page, preview, "warning");
  return page.text();
}

function problems(
  page: Page,
  preview: Preview,
  severity: PreviewProblem["severity"],
): void {
  const found = preview.problems.filter((p) => p.severity === severity);
  if (!found.length) return;
  page.add("", severity === "error" ? "**Errors**" : "**Warnings**", "");
  page.list(
    found.map(({ file, line, column, field, message, agents = [] }) => [
      `- ${code(line === undefined ? file : `${file}:${line}:${column ?? 1}`)}${
        field ? ` ${code(field)}` : ""
      }: ${words(message.replaceAll(/\s*\n\s*/g, " "))}${
        agents.length
          ? ` (${count(agents.length, "agent")}: ${names(agents)})`
          : ""
      }`,
    ]),
    { most: ITEMS, noun: `more ${severity}s` },
  );
}

function fields(
  changes: Parameters<typeof fieldWords>[0][],
  indent: string,
): string[] {
  const more = changes.length - ITEMS;
  return [
    ...changes.slice(0, ITEMS).map((change) =>
      `${indent}- ${fieldWords(change, code)}`
    ),
    ...(more > 0 ? [`${indent}- and ${count(more, "more field")}`] : []),
  ];
}

function amount(all: string[]): string {
  return all.length > 1 ? ` (${all.length.toLocaleString("en-US")})` : "";
}

function names(all: string[]): string {
  const more = all.length - NAMES;
  return all.slice(0, NAMES).map(code).join(", ") +
    (more > 0 ? ` and ${more.toLocaleString("en-US")} more` : "");
}

/** Lines up to a limit. */
class Page {
  readonly #lines: string[] = [];
  #left: number;

  constructor(maxBytes: number) {
    // For what has to follow: the end of a fold, the note on what is left out.
    this.#left = maxBytes - 1000;
  }

  add(...lines: string[]): boolean {
    const size = lines.reduce((n, line) => n + bytes(line) + 1, 0);
    if (size > this.#left) return false;
    this.#left -= size;
    this.#lines.push(...lines);
    return true;
  }

  /** Blocks of lines, as many as there is room for. */
  list(
    blocks: string[][],
    { most = blocks.length, noun = "more" }: { most?: number; noun?: string } =
      {},
  ): void {
    if (this.#lines.at(-1) !== "") this.#lines.push("");
    let shown = 0;
    for (const block of blocks.slice(0, most)) {
      if (!this.add(...block)) break;
      shown++;
    }
    this.#rest(blocks.length - shown, noun);
  }

  /** Blocks of lines that are shown on demand. */
  fold(title: string, blocks: string[][], noun: string): void {
    if (!blocks.length) return;
    this.#lines.push("", `<details><summary>${title}</summary>`, "");
    this.list(blocks, { noun });
    this.#lines.push("", "</details>");
  }

  text(): string {
    return `${this.#lines.join("\n").replaceAll(/\n{3,}/g, "\n\n")}\n`;
  }

  #rest(n: number, noun: string): void {
    if (n <= 0) return;
    this.#lines.push(
      "",
      `… and ${n.toLocaleString("en-US")} ${noun}; \`faros plan\` shows all`,
    );
  }
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
