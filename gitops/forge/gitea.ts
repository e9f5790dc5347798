import type { OpenForge } from "./forge.ts";
import { issueComments } from "./issue_comments.ts";

interface Pull {
  number: number;
  head: { sha: string };
  base: { ref: string };
  merge_base: string;
}

const STATES = {
  pending: "pending",
  success: "success",
  failure: "failure",
  cancelled: "error",
} as const;

/** Gitea and Forgejo: https://docs.gitea.com/api/ (repoCreateStatus) */
export const openGitea: OpenForge = ({ client, path }) => ({
  pullRequests: {
    ...issueComments({ client, path }),
    async list(branch, { signal }) {
      const base = encodeURIComponent(branch);
      const found = await client.request<Pull[]>(
        "GET",
        `/repos/${path}/pulls?state=open&base_branch=${base}&sort=recentupdate&limit=50`,
        { signal },
      );
      // Older ones and Forgejo give those to other branches, too.
      return found.filter(({ base }) => base.ref === branch)
        .map(({ number, head }) => ({ number, head: head.sha }));
    },
    async mergeBase({ number }, { signal }) {
      const found = await client.request<Pull>(
        "GET",
        `/repos/${path}/pulls/${number}`,
        { signal },
      );
      return found.merge_base;
    },
    ref: (number) => `refs/pull/${number}/head`,
  },
  async setStatus({ commit, state, description }, { context, signal }) {
    await client.request("POST", `/repos/${path}/statuses/${commit}`, {
      body: { state: STATES[state], description, context },
      signal,
    });
  },
});
