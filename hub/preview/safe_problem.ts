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
  if (SECRET_FIELD.test(field) || about?.object.kind === "Secret") {
    return {
      ...problem,
      message: message.replace(
        /(found|Invalid value:|Unsupported value:) ("(?:[^"\\]|\\.)*"|the number \S+|[^\s,:;]+)/g,
        "$1 a value",
      ),
    };
  }
  return problem;
}

/** Why an Agent cannot be resolved, without what a parser quotes of its config. */
export function safeReason(message: string): string {
  return message.replace(/ is not YAML: .*?( \(line|$)/s, " is not YAML$1");
}

/** Problems of files, with nothing of what stands in a file that may hold a Secret. */
export function safeFileProblem<P extends Problem>(
  problem: P,
  text: string | undefined,
): P {
  if (
    /^no valid YAML/.test(problem.message) && text &&
    /kind["']?\s*:\s*["']?Secret\b|\bconfig["']?\s*:/.test(text)
  ) {
    const said = problem.message.replace(/^no valid YAML: /, "");
    const safe = said.replace(/[^\w -].*$/s, "").trim();
    return {
      ...problem,
      message: `no valid YAML: ${safe}${
        safe === said
          ? ""
          : " (the rest is not shown, since the file may hold secrets)"
      }`,
    };
  }
  return safeProblem(problem);
}
