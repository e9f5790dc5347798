import type { Manifest } from "./manifest.ts";
import type { Problem } from "./problem.ts";

/**
 * Problems without values that nobody may see: what an API server says of a
 * manifest quotes it.
 */
export function redactProblems(
  problems: Problem[],
  manifests: readonly Manifest[],
): Problem[] {
  if (problems.length === 0) return problems;
  const secret = manifests.filter(({ sensitive }) => sensitive);
  return problems.map((problem) => {
    let { message } = problem;
    for (const { file, sensitive } of secret) {
      if (file === problem.file) message = sensitive!.redact(message);
    }
    return message === problem.message ? problem : { ...problem, message };
  });
}
