import type { Io } from "./io.ts";

/** A flag of a command. */
export interface OptionSpec {
  type: "string" | "boolean";
  /** One letter: `n` for `-n`. */
  short?: string;
  /** Placeholder in the help: `DIR`. */
  value?: string;
  description: string;
  default?: string;
  /** Whether it may be given several times. */
  multiple?: boolean;
  required?: boolean;
  /** The values it may have. */
  choices?: readonly string[];
  /** Left out of the help. */
  hidden?: boolean;
}

/** Flags by their long names. */
export type OptionSpecs = Record<string, OptionSpec>;

type ValueOf<S extends OptionSpec> = S["type"] extends "boolean" ? boolean
  : S["multiple"] extends true ? string[]
  : S extends { default: string } | { required: true } ? string
  : string | undefined;

/** What was given for each flag. A boolean that was not is false, a `multiple` one that was not is empty. */
export type OptionValues<O extends OptionSpecs> = {
  [K in keyof O]: ValueOf<O[K]>;
};

/** An argument without a flag. */
export interface ArgumentSpec {
  /** In capitals: `NAME`. */
  name: string;
  description: string;
  optional?: boolean;
}

/** What a command is given to run. */
export interface Invocation<O extends OptionSpecs = OptionSpecs> {
  /** Those of the command's `arguments` that were given, in order. */
  args: string[];
  options: OptionValues<O>;
  io: Io;
  /** Aborted when the user or the system asks the program to end. */
  signal: AbortSignal;
}

/** A command of the program. */
export interface Command<O extends OptionSpecs = OptionSpecs> {
  /** For `--help`; the one-line summary stands in the registry. */
  description: string;
  arguments?: readonly ArgumentSpec[];
  options: O;
  /** Exit code for a command line that makes no sense, where 2 says something else. @default {2} */
  usageExitCode?: number;
  /** Whole command lines with what they do. */
  examples: readonly { run: string; does: string }[];
  /** Resolves to the exit code; nothing is 0. */
  run(invocation: Invocation<O>): Promise<number | void>;
}

/** Gives a command's `run` the types of its options. */
export function defineCommand<const O extends OptionSpecs>(
  command: Command<O>,
): Command {
  // The parser checks the values against `options` before `run` sees them.
  return command as unknown as Command;
}
