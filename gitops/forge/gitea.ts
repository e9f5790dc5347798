import type { OpenForge } from "./forge.ts";

const STATES = {
  pending: "pending",
  success: "success",
  failure: "failure",
  cancelled: "error",
} as const;

/** Gitea and Forgejo: https://docs.gitea.com/api/ (repoCreateStatus) */
export const openGitea: OpenForge = ({ client, path }) => ({
  async setStatus({ commit, state, description }, { context, signal }) {
    await client.request("POST", `/repos/${path}/statuses/${commit}`, {
      body: { state: STATES[state], description, context },
      signal,
    });
  },
});
