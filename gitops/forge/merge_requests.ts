import type { PullRequests } from "./forge.ts";
import type { ForgeClient } from "./forge_client.ts";

interface MergeRequest {
  iid: number;
  sha: string;
  diff_refs: { base_sha: string } | null;
}

interface Note {
  id: number;
  body: string;
  author: { id: number };
}

/** Merge requests of GitLab: https://docs.gitlab.com/api/merge_requests/ */
export function mergeRequests(
  { client, path }: { client: ForgeClient; path: string },
): PullRequests {
  const all = `/projects/${encodeURIComponent(path)}/merge_requests`;
  return {
    async list(branch, { signal }) {
      const target = encodeURIComponent(branch);
      const found = await client.request<MergeRequest[]>(
        "GET",
        `${all}?state=opened&target_branch=${target}&order_by=updated_at&sort=desc&per_page=50`,
        { signal },
      );
      return found.map(({ iid, sha }) => ({ number: iid, head: sha }));
    },
    async mergeBase({ number }, { signal }) {
      const found = await client.request<MergeRequest>(
        "GET",
        `${all}/${number}`,
        { signal },
      );
      // It works that out a while after a push.
      return found.diff_refs?.base_sha ?? "";
    },
    ref: (number) => `refs/merge-requests/${number}/head`,
    async user({ signal }) {
      const { id } = await client.request<{ id: number }>("GET", "/user", {
        signal,
      });
      return String(id);
    },
    async comments(number, { signal }) {
      const found = await client.request<Note[]>(
        "GET",
        `${all}/${number}/notes?order_by=created_at&sort=asc&per_page=100`,
        { signal },
      );
      return found.map(({ id, body, author }) => ({
        id: String(id),
        body,
        author: String(author.id),
      }));
    },
    async comment(number, { body, signal }) {
      const { id } = await client.request<Note>(
        "POST",
        `${all}/${number}/notes`,
        { body: { body }, signal },
      );
      return String(id);
    },
    async edit(number, { id, body, signal }) {
      await client.request(
        "PUT",
        `${all}/${number}/notes/${encodeURIComponent(id)}`,
        { body: { body }, signal },
      );
    },
  };
}
