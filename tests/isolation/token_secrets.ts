import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import { waitUntil } from "../../cli/demo/wait_until.ts";
import type { Ask } from "./http.ts";
import { isSuccess, type Trial } from "./trial.ts";
import type { World } from "./world.ts";

/** Longest wait for the hub, in milliseconds. */
const TIMEOUT = 60_000;

/**
 * Those who may write Secrets make some that Kubernetes fills with tokens: of
 * the other workspace's identities they get none, and those of their own
 * workspace's are worth nothing.
 */
export async function tryTokenSecrets(
  trial: Trial,
  { world }: { world: World },
): Promise<void> {
  const { own, other, root, http } = world;
  const attempts = ["faros-sync", "agent-press-1", "agent-press-2", "join-line"]
    .flatMap((account) =>
      [own.members.admin, own.sync].map((actor, i) => ({
        account,
        actor,
        name: `token-of-${account}-${i}`,
      }))
    );
  const path = ({ base, namespace }: { base: string; namespace: string }) =>
    `${base}/api/v1/namespaces/${namespace}/secrets`;
  await forEachLimited(attempts, 8, async ({ account, actor, name }) => {
    const ask = (tenant: typeof own): Ask => ({
      method: "POST",
      path: path(tenant),
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "Secret",
        type: "kubernetes.io/service-account-token",
        metadata: {
          name,
          annotations: { "kubernetes.io/service-account.name": account },
        },
      }),
    });
    await trial.attempt(actor, ask(other), { expected: "refused", live: true });
    await trial.attempt(actor, ask(own), { expected: "allowed", live: true });
    const read: Ask = { method: "GET", path: `${path(own)}/${name}` };
    let token: string | undefined;
    await waitUntil(
      `Secret ${name} was gone`,
      async () => {
        const { status, text } = await http.send(read, root.token);
        if (status === 404) return true;
        const { data } = JSON.parse(text);
        token = data?.token ? atob(data.token) : token;
      },
      { timeout: TIMEOUT, interval: 1 },
    );
    if (!token) return;
    const whoAmI: Ask = {
      method: "POST",
      path: `${own.base}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        apiVersion: "authentication.k8s.io/v1",
        kind: "SelfSubjectReview",
      }),
    };
    // Servers remember for some seconds what a token was worth.
    await waitUntil(
      `the token of ${account} was worth nothing`,
      async () => !isSuccess(await http.send(whoAmI, token)),
      { timeout: TIMEOUT },
    );
  });
}
