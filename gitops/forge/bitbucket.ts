import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import type { OpenForge } from "./forge.ts";

const STATES = {
  pending: "INPROGRESS",
  success: "SUCCESSFUL",
  failure: "FAILED",
  cancelled: "STOPPED",
} as const;

/** Bitbucket Cloud: https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commit-statuses/ */
export const openBitbucket: OpenForge = ({ client, root, path }) => ({
  async setStatus({ commit, state, description }, { context, signal }) {
    await client.request(
      "POST",
      `/repositories/${path}/commit/${commit}/statuses/build`,
      {
        body: {
          key: await keyOf(context),
          name: context,
          state: STATES[state],
          description,
          // It wants one.
          url: `${root}/${path}/commits/${commit}`,
        },
        signal,
      },
    );
  },
});

/** Keys have at most 40 characters. */
async function keyOf(context: string): Promise<string> {
  if (context.length <= 40) return context;
  return (await sha256Hex(context)).slice(0, 40);
}
