/**
 * For random states of a repository: what is applied is exactly the new one, and
 * nothing is left to plan. The same on kcp is a scenario of `kcp_test.ts`.
 *
 * @module
 */
import { Namespace } from "../api/core.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { install } from "../hub/install.ts";
import {
  clusterConfig,
  createRestClient,
  KubeClient,
  parseKubeconfig,
} from "../kube/mod.ts";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "./engines/kube_apiserver.ts";
import { applyRandomStates } from "./gitops/random_states.ts";

async function check(
  kubeconfig: string,
  options: { rounds: number },
): Promise<void> {
  const client = new KubeClient(
    createRestClient(clusterConfig(parseKubeconfig(kubeconfig))),
  );
  try {
    await install(client);
    await client.create(Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "a" },
    });
    await applyRandomStates({ client, namespace: "a" }, options);
  } finally {
    client.close();
  }
}

Deno.test("apply(plan(a, b)) makes exactly b, and nothing is left to plan: embedded", async () => {
  await using stack = new AsyncDisposableStack();
  const server = await startApiServer();
  stack.defer(() => server.close());
  await check(server.kubeconfig(), { rounds: 20 });
});

const missing = kubeApiserverMissing();
Deno.test({
  name:
    `apply(plan(a, b)) makes exactly b, and nothing is left to plan: kube-apiserver${
      missing ? ` (skipped: ${missing})` : ""
    }`,
  ignore: missing !== undefined,
  async fn() {
    await using stack = new AsyncDisposableStack();
    const server = await startKubeApiserver();
    stack.defer(() => server!.close());
    await check(await Deno.readTextFile(server!.kubeconfigPath), { rounds: 5 });
  },
});
