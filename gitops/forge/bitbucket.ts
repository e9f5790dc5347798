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
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(context),
  );
  return new Uint8Array(digest).toHex().slice(0, 40);
}
