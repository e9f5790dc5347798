import { runGit } from "./run_git.ts";

/** Values of the trailers (git-interpret-trailers) of a commit's message that have a key. */
export async function commitTrailers(
  commit: string,
  options: { gitDir: string; key: string; signal?: AbortSignal },
): Promise<string[]> {
  const { gitDir, key, signal } = options;
  const out = await runGit([
    "log",
    "-1",
    "--no-show-signature",
    `--format=%(trailers:key=${key},valueonly,unfold)`,
    commit,
    "--",
  ], { what: `Cannot read the message of commit ${commit}`, gitDir, signal });
  return new TextDecoder().decode(out).split("\n").map((line) => line.trim())
    .filter(Boolean);
}
