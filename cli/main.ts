import { errorLine, UsageError } from "./errors.ts";
import { commandHelp, groupHelp } from "./help.ts";
import { type Io, processIo } from "./io.ts";
import { nearest } from "../gitops/manifest/nearest.ts";
import { parseCommandLine } from "./parse.ts";
import { childrenOf, entries, type Entry, groups } from "./registry.ts";
import { styleOf } from "./style.ts";

/** Exit codes of the program. */
export const ExitCode = {
  ok: 0,
  /** What was asked could not be done. */
  error: 1,
  /** What was asked makes no sense. */
  usage: 2,
  /** Somebody ended it before it was done, as shells count SIGINT. */
  interrupted: 130,
} as const;

const ABOUT =
  "Faros manages edge devices the way Kubernetes manages nodes: from a Git repository.";

/** Options of {@linkcode main}. */
export interface MainOptions {
  /** Name the program was called by, for help and errors. @default {"faros"} */
  program?: string;
  /** @default the process's own streams and environment */
  io?: Io;
  /** Asks the command to end. @default never */
  signal?: AbortSignal;
}

/** Runs the command line `args` and resolves to the exit code. */
export async function main(
  args: string[],
  options: MainOptions = {},
): Promise<number> {
  const {
    program = "faros",
    io = processIo(),
    signal = new AbortController().signal,
  } = options;
  const help = { program, style: styleOf(io) };
  const found = findEntry(plainArgs(args));
  const name = [program, ...found.path].join(" ");
  let usage: number = ExitCode.usage;
  try {
    if (found.entry === undefined) {
      return runGroup(found, { io, help });
    }
    const children = childrenOf(found.path);
    const [word] = found.rest;
    if (children.length && word && !word.startsWith("-")) {
      throw unknownCommand(word, { path: found.path, children });
    }
    const { command } = await found.entry.load();
    usage = command.usageExitCode ?? usage;
    const parsed = parseCommandLine(command, found.rest);
    if (parsed.help) {
      io.out(commandHelp({ ...found.entry, command }, { ...help, children }));
      return ExitCode.ok;
    }
    const { args: given, options: values } = parsed;
    const code = await command.run({
      args: given,
      options: values,
      io,
      signal,
    });
    return code ?? ExitCode.ok;
  } catch (error) {
    if (error instanceof UsageError) {
      const end = /[.?]$/.test(error.message) ? "" : ".";
      io.err(`${name}: ${error.message}${end} See '${name} --help'.`);
      return usage;
    }
    if (signal.aborted && isOf(error, signal.reason)) {
      io.err(`${name}: interrupted`);
      return ExitCode.interrupted;
    }
    io.err(`${name}: ${errorLine(error)}`);
    if (io.env("FAROS_DEBUG") && error instanceof Error) {
      io.err(error.stack ?? "");
    }
    return ExitCode.error;
  }
}

/** Whether an error comes of `reason`, and so tells nothing of its own. */
function isOf(error: unknown, reason: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e === reason || e.name === "AbortError") return true;
  }
  return false;
}

/** `help COMMAND` is `COMMAND --help`, and `--version` is `version`. */
function plainArgs([word, ...rest]: string[]): string[] {
  if (word === "--version") return ["version", ...rest];
  if (word === "help" && rest.length > 0) return [...rest, "--help"];
  return word === undefined ? [] : [word, ...rest];
}

interface Found {
  path: readonly string[];
  rest: string[];
  entry?: Entry;
}

/** The command or group that the first words name. */
function findEntry(args: string[]): Found {
  for (let words = 2; words > 0; words--) {
    const path = args.slice(0, words);
    if (path.length < words) continue;
    const is = (e: { path: readonly string[] }) =>
      e.path.length === words && e.path.every((word, i) => word === path[i]);
    const entry = entries.find(is);
    const group = groups.find(is);
    if (entry || group) {
      return { path, rest: args.slice(words), ...(entry ? { entry } : {}) };
    }
  }
  return { path: [], rest: args };
}

function runGroup(
  found: Found,
  context: {
    io: Io;
    help: { program: string; style: ReturnType<typeof styleOf> };
  },
): number {
  const { io, help } = context;
  const [word] = found.rest;
  const children = childrenOf(found.path);
  const summary = groups.find((g) => g.path[0] === found.path[0])?.summary ??
    ABOUT;
  const asked = word === "--help" || word === "-h" || word === "help";
  if (word !== undefined && !asked) {
    throw unknownCommand(word, { path: found.path, children });
  }
  const text = groupHelp({ path: found.path, summary }, { ...help, children });
  if (asked) {
    io.out(text);
    return ExitCode.ok;
  }
  io.err(text);
  return ExitCode.usage;
}

function unknownCommand(
  word: string,
  { path, children }: { path: readonly string[]; children: readonly Entry[] },
): UsageError {
  const meant = nearest(word, children.map((c) => c.path[path.length]!));
  return new UsageError(
    `unknown command ${JSON.stringify(word)}${
      meant ? `; did you mean ${meant}?` : ""
    }`,
  );
}
