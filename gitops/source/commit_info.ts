import { runGit } from "./run_git.ts";

/** What a commit says of itself. */
export interface CommitInfo {
  author: string;
  email: string;
  /** When it was written, RFC 3339. */
  date: string;
  /** First line of the message. */
  subject: string;
}

/** Characters of a subject that are kept. */
const SUBJECT = 200;

/** Reads author, date and subject of a commit. @throws {GitError} where it is not there */
export async function commitInfo(
  commit: string,
  options: { gitDir: string; signal?: AbortSignal },
): Promise<CommitInfo> {
  const out = await runGit(
    ["log", "-1", "--no-show-signature", "--format=%an%n%ae%n%aI%n%s", commit]
      .concat("--"),
    { what: `Cannot read commit ${commit.slice(0, 12)}`, ...options },
  );
  const [author = "", email = "", date = "", ...subject] = new TextDecoder()
    .decode(out).trimEnd().split("\n");
  return { author, email, date, subject: subject.join(" ").slice(0, SUBJECT) };
}
