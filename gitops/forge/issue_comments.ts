import type { PullRequests } from "./forge.ts";
import type { ForgeClient } from "./forge_client.ts";

interface IssueComment {
  id: number;
  body: string;
  user: { id: number } | null;
}

/** Comments on pull requests of GitHub, and of Gitea, which follows it: https://docs.github.com/en/rest/issues/comments */
export function issueComments(
  of: {
    client: ForgeClient;
    path: string;
    /** Query of a list of comments; Gitea gives all without one. */
    query?: string;
  },
): Pick<PullRequests, "user" | "comments" | "comment" | "edit"> {
  const { client, path, query = "" } = of;
  return {
    async user({ signal }) {
      const { id } = await client.request<{ id: number }>("GET", "/user", {
        signal,
      });
      return String(id);
    },
    async comments(number, { signal }) {
      const found = await client.request<IssueComment[]>(
        "GET",
        `/repos/${path}/issues/${number}/comments${query}`,
        { signal },
      );
      return found.map(({ id, body, user }) => ({
        id: String(id),
        body,
        author: String(user?.id),
      }));
    },
    async comment(number, { body, signal }) {
      const { id } = await client.request<IssueComment>(
        "POST",
        `/repos/${path}/issues/${number}/comments`,
        { body: { body }, signal },
      );
      return String(id);
    },
    async edit(_number, { id, body, signal }) {
      await client.request(
        "PATCH",
        `/repos/${path}/issues/comments/${encodeURIComponent(id)}`,
        { body: { body }, signal },
      );
    },
  };
}
