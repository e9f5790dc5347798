import type { PullRequests } from "./forge.ts";
import { ForgeError } from "./forge_client.ts";

/** Characters of a comment that every forge takes. */
const MAX = 60_000;

/**
 * Writes the one comment of ours on a pull request, in place of what it said.
 *
 * @param of.marker Invisible; the comment starts with it.
 * @param of.id Of the comment, where it is known.
 * @returns Its id, where there is one
 */
export async function upsertComment(
  pulls: PullRequests,
  of: {
    number: number;
    marker: string;
    body: string;
    id: string | undefined;
    /** Whether none is made where there is none. */
    onlyEdit: boolean;
    signal: AbortSignal;
  },
): Promise<string | undefined> {
  const { number, marker, signal } = of;
  const body = shorten(`${marker}\n${of.body}`);
  const ids = of.id ? [of.id] : await found(pulls, of);
  for (const id of ids) {
    try {
      await pulls.edit(number, { id, body, signal });
      return id;
    } catch (error) {
      // Somebody deleted it.
      const gone = error instanceof ForgeError &&
        error.reason === "ForgeNotFound";
      if (!gone) throw error;
    }
  }
  if (of.onlyEdit) return undefined;
  return await pulls.comment(number, { body, signal });
}

/** Comments of ours that are there already, though nothing tells of them. */
async function found(
  pulls: PullRequests,
  of: { number: number; marker: string; signal: AbortSignal },
): Promise<string[]> {
  const { number, marker, signal } = of;
  let author: string;
  try {
    author = await pulls.user({ signal });
  } catch (error) {
    // An installation of a GitHub App is no user.
    if (error instanceof ForgeError && error.reason === "ForgeUnauthorized") {
      return [];
    }
    throw error;
  }
  const comments = await pulls.comments(number, { signal });
  // Whoever else writes the marker has written a comment of their own.
  return comments.filter((comment) =>
    comment.author === author && comment.body.startsWith(marker)
  ).map(({ id }) => id).slice(0, 1);
}

function shorten(body: string): string {
  return body.length <= MAX
    ? body
    : `${body.slice(0, MAX)}\n\n… and more; see 'faros plan'`;
}
