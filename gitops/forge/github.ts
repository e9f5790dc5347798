import type { OpenForge } from "./forge.ts";

const STATES = {
  pending: "pending",
  success: "success",
  failure: "failure",
  // It has no word for what nobody waits for any more.
  cancelled: "error",
} as const;

/** GitHub, in the cloud or one's own: https://docs.github.com/en/rest/commits/statuses */
export const openGitHub: OpenForge = ({ client, path }) => ({
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
