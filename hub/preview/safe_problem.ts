import type { Manifest } from "../../gitops/manifest/manifest.ts";
import type { Problem } from "../../gitops/manifest/problem.ts";

/** Fields whose values may be secret. */
const SECRET_FIELD = /^(data|stringData|.*\bconfig)\b/;

/**
 * A problem without the value that was found, where that may be a secret: in
 * Secrets, and in configs of plugins. What a parser or a server says of a
 * value may quote it.
 *
 * @param manifests Those that it may be about.
 */
export function safeProblem<P extends Problem>(
  problem: P,
  manifests: readonly Manifest[] = [],
): P {
  const { file, line, field = "", message } = problem;
  const head = /^Cannot \w+ Secret [^\s:]+/.exec(message)?.[0];
  if (head && !/forbidden|cannot (create|patch|update)/i.test(message)) {
    const about = field ? `${field} is not valid` : "the server refuses it";
    return {
      ...problem,
      message:
        `${head}: ${about} (what was found is not shown, since it may be secret)`,
    };
  }
  const about = manifests.find((m) => m.file === file && m.line === line);
  return SECRET_FIELD.test(field) || about?.object.kind === "Secret"
    ? { ...problem, message: withoutValues(message) }
    : problem;
}

/** A message without what it says it found, or quotes. */
function withoutValues(message: string): string {
  return message
    .replace(
      /found (?!no |an? (?:tab|field|list|object|string|value)\b).+?(?=, expected|, which| twice|;|$)/s,
      "found a value",
    )
    .replaceAll(/(["'`]).*?\1/gs, "(not shown)")
    .replace(/: .*$/s, ": (not shown)");
}

/** Why an Agent cannot be resolved, without what a parser quotes of its config. */
export function safeReason(message: string): string {
  return message.replace(/ is not YAML: .*?( \(line|$)/s, " is not YAML$1");
}

/** What a file looks like that may hold secrets. */
const RISKY = /kind["']?\s*:\s*["']?Secret\b|\bconfig["']?\s*:/;

/** A problem of a file, with nothing of what stands in it where that may be a secret. */
export function safeFileProblem<P extends Problem>(
  problem: P,
  text: string | undefined,
): P {
  // Without a field it is about syntax: the parser's words.
  const isSyntax = problem.field === undefined && problem.line !== undefined &&
    !/^Cannot |^there is no kind/.test(problem.message);
  return isSyntax && text !== undefined && RISKY.test(text)
    ? { ...problem, message: withoutValues(problem.message) }
    : safeProblem(problem);
}
