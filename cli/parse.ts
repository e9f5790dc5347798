import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import type { Command, OptionSpecs, OptionValues } from "./command.ts";
import { UsageError } from "./errors.ts";
import { nearest } from "../gitops/manifest/nearest.ts";

/** What a command line says, checked against the command. */
export interface Parsed {
  args: string[];
  options: OptionValues<OptionSpecs>;
  help: boolean;
}

/**
 * Parses the arguments after a command's name.
 *
 * @throws UsageError where they do not fit the command.
 */
export function parseCommandLine(
  command: Pick<Command, "options" | "arguments">,
  args: string[],
): Parsed {
  const config: ParseArgsOptionsConfig = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, spec] of Object.entries(command.options)) {
    config[name] = {
      type: spec.type,
      ...(spec.short ? { short: spec.short } : {}),
      ...(spec.multiple ? { multiple: true } : {}),
    };
  }
  let parsed;
  try {
    parsed = parseArgs({ args, options: config, allowPositionals: true });
  } catch (error) {
    throw new UsageError(explain(error as Error, Object.keys(config)));
  }
  if (parsed.values.help) return { args: [], options: {}, help: true };
  const specs = command.arguments ?? [];
  const missing = specs.slice(parsed.positionals.length)
    .find((spec) => !spec.optional);
  if (missing) {
    throw new UsageError(`${missing.name} is missing: ${missing.description}`);
  }
  const extra = parsed.positionals[specs.length];
  if (extra !== undefined) {
    throw new UsageError(
      `unexpected argument ${JSON.stringify(extra)}: the command takes ${
        specs.length ? `${specs.length} at most` : "none"
      }`,
    );
  }
  return {
    args: parsed.positionals,
    options: readOptions(command.options, parsed.values),
    help: false,
  };
}

function readOptions(
  specs: OptionSpecs,
  given: Record<string, unknown>,
): OptionValues<OptionSpecs> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name] ??
      (spec.type === "boolean" ? false : spec.multiple ? [] : spec.default);
    if (value === undefined && spec.required) {
      throw new UsageError(
        `--${name}${spec.value ? ` ${spec.value}` : ""} is missing: ${
          spec.description.replace(/\.$/, "")
        }`,
      );
    }
    for (const item of [value].flat()) {
      // An unset variable, most likely; a folder "" would be the root folder.
      if (item === "" && !spec.choices) {
        throw new UsageError(`--${name} is empty`);
      }
      if (
        spec.choices && item !== undefined &&
        !spec.choices.includes(item as string)
      ) {
        throw new UsageError(
          `--${name} is ${JSON.stringify(item)}; it can be ${
            spec.choices.join(", ")
          }`,
        );
      }
    }
    values[name] = value;
  }
  return values as OptionValues<OptionSpecs>;
}

/** Node's wording, cut to the fact, with the flag that was probably meant. */
function explain(error: Error, known: string[]): string {
  const valueless = /^Option '([^' ]*).*' argument (?:missing|is ambiguous)/
    .exec(error.message)?.[1]?.replace(/,$/, "");
  if (valueless !== undefined) {
    const long = /'(--[^=']+)=-XYZ'/.exec(error.message)?.[1];
    return `the value of ${valueless} is missing${
      long ? `; one that begins with - is given as ${long}=-…` : ""
    }`;
  }
  const unknown = /Unknown option '(-[^']*)'/.exec(error.message)?.[1];
  if (unknown === undefined) return error.message.split("\n")[0]!;
  const meant = nearest(unknown.replace(/^-+/, ""), known);
  return `unknown flag ${unknown}${meant ? `; did you mean --${meant}?` : ""}`;
}
