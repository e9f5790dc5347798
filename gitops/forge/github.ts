import type { OpenForge } from "./forge.ts";
import { issueComments } from "./issue_comments.ts";

interface Pull {
  number: number;
  head: { sha: string };
}

const STATES = {
  pending: "pending",
  success: "success",
  failure: "failure",
  // It has no word for what nobody waits for any more.
  cancelled: "error",
} as const;

/** GitHub, in the cloud or one's own: https://docs.github.com/en/rest/commits/statuses */
export const openGitHub: OpenForge = ({ client, path }) => ({
  pullRequests: {
    ...issueComments({ client, path, query: "?per_page=100" }),
    async list(branch, { signal }) {
      const base = encodeURIComponent(branch);
      const found = await client.request<Pull[]>(
        "GET",
        `/repos/${path}/pulls?state=open&base=${base}&sort=updated&direction=desc&per_page=50`,
        { signal },
      );
      return found.map(({ number, head }) => ({ number, head: head.sha }));
    },
    async mergeBase({ head }, { branch, signal }) {
      const found = await client.request<
        { merge_base_commit: { sha: string } }
      >(
        "GET",
        `/repos/${path}/compare/${encodeURIComponent(branch)}...${head}`,
        { signal },
      );
      return found.merge_base_commit.sha;
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

/** Root of the API of a GitHub. */
export function gitHubApi(root: string): string {
  const { host } = new URL(root);
  if (host === "github.com") return "https://api.github.com";
  // GitHub Enterprise Cloud with data residency.
  if (host.endsWith(".ghe.com")) return `https://api.${host}`;
  return `${root}/api/v3`;
}
