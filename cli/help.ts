import type { Command } from "./command.ts";
import type { Entry } from "./registry.ts";
import type { Style } from "./style.ts";

/** Options of the help texts. */
export interface HelpOptions {
  /** Name the program was called by. */
  program: string;
  style: Style;
}

/** The help of one command. */
export function commandHelp(
  entry: { path: readonly string[]; summary: string; command: Command },
  options: HelpOptions & { children: readonly Entry[] },
): string {
  const { command, path } = entry;
  const { program, style } = options;
  const args = (command.arguments ?? []).map((a) =>
    a.optional ? `[${a.name}]` : a.name
  );
  const name = [program, ...path].join(" ");
  const flags = [
    ...Object.entries(command.options).filter(([, spec]) => !spec.hidden).map((
      [long, spec],
    ) =>
      [
        `${spec.short ? `-${spec.short}, ` : "    "}--${long}${
          spec.type === "string" ? ` ${spec.value ?? "VALUE"}` : ""
        }`,
        spec.description +
        (spec.choices ? ` (${spec.choices.join(", ")})` : "") +
        (spec.default !== undefined && !spec.choices?.includes("")
          ? ` [default: ${spec.default}]`
          : "") +
        (spec.required ? " [required]" : ""),
      ] as const
    ),
    ["-h, --help", "Show this help"] as const,
  ];
  return [
    command.description,
    "",
    style.bold("Usage:"),
    `  ${[name, ...args].join(" ")} [flags]`,
    ...options.children.length ? [`  ${name} COMMAND`] : [],
    ...section(
      style.bold("Commands:"),
      options.children.map((c) => [c.path.at(-1)!, c.summary]),
    ),
    ...section(
      style.bold("Arguments:"),
      (command.arguments ?? []).map((a) => [a.name, a.description]),
    ),
    ...section(style.bold("Flags:"), flags),
    "",
    style.bold("Examples:"),
    ...command.examples.flatMap((e) => [
      `  ${style.dim(`# ${e.does}`)}`,
      `  ${e.run.replace(/^faros\b/, program)}`,
    ]),
  ].join("\n");
}

/** The help of a group of commands, or of the whole program (`path` empty). */
export function groupHelp(
  group: { path: readonly string[]; summary: string },
  options: HelpOptions & { children: readonly Entry[] },
): string {
  const { program, style } = options;
  const name = [program, ...group.path].join(" ");
  return [
    group.summary,
    "",
    style.bold("Usage:"),
    `  ${name} COMMAND [flags]`,
    ...section(
      style.bold("Commands:"),
      options.children.map((
        c,
      ) => [c.path.slice(group.path.length).join(" "), c.summary]),
    ),
    "",
    `Use "${name} COMMAND --help" for a command's flags and examples.`,
  ].join("\n");
}

function section(
  title: string,
  rows: readonly (readonly [string, string])[],
): string[] {
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map(([left]) => left.length));
  return [
    "",
    title,
    ...rows.map(([left, right]) =>
      `  ${left.padEnd(width)}  ${
        right.replaceAll("\n", "\n".padEnd(width + 5))
      }`
    ),
  ];
}
