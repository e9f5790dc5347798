import type { OpenForge } from "./forge.ts";
import { ForgeError } from "./forge_client.ts";
import { mergeRequests } from "./merge_requests.ts";

const STATES = {
  pending: "pending",
  success: "success",
  failure: "failed",
  cancelled: "canceled",
} as const;

/** GitLab: https://docs.gitlab.com/api/commits/#set-commit-pipeline-status */
export const openGitLab: OpenForge = ({ client, path }) => ({
  pullRequests: mergeRequests({ client, path }),
  async setStatus({ commit, state, description }, { context, signal }) {
    const project = encodeURIComponent(path);
    try {
      await client.request("POST", `/projects/${project}/statuses/${commit}`, {
        body: { state: STATES[state], description, name: context },
        signal,
      });
    } catch (error) {
      // Older ones refuse to say the same state again, with whatever words.
      const said = error instanceof ForgeError && error.code === 400 &&
        /Cannot transition status/i.test(error.message);
      if (!said) throw error;
    }
  },
});
