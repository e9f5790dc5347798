/**
 * The client against both API servers; a real one needs `KUBEBUILDER_ASSETS`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { startApiServer } from "../apiserver/mod.ts";
import { KubeClient } from "../kube/client.ts";
import { clusterConfig } from "../kube/cluster_config.ts";
import { loadKubeconfig } from "../kube/kubeconfig.ts";
import { createRestClient } from "../kube/rest_client.ts";
import { createAuthority } from "../kube/testing/certificates.ts";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "./engines/kube_apiserver.ts";
import { NAMESPACES } from "./kube_client/objects.ts";
import type { Scenario, Server } from "./kube_client/scenario.ts";
import { apply } from "./kube_client/scenarios/apply.ts";
import { controller } from "./kube_client/scenarios/controller.ts";
import { election } from "./kube_client/scenarios/election.ts";
import { events } from "./kube_client/scenarios/events.ts";
import { impersonation } from "./kube_client/scenarios/impersonation.ts";
import { informer } from "./kube_client/scenarios/informer.ts";
import { leaseRenewal } from "./kube_client/scenarios/lease_renewal.ts";
import { lists } from "./kube_client/scenarios/lists.ts";
import { status } from "./kube_client/scenarios/status.ts";
import { tokens } from "./kube_client/scenarios/tokens.ts";
import { writes } from "./kube_client/scenarios/writes.ts";

const scenarios: readonly Scenario[] = [
  writes,
  lists,
  apply,
  status,
  informer,
  controller,
  impersonation,
  tokens,
  election,
  leaseRenewal,
  events,
];

async function runAll(t: Deno.TestContext, server: Server): Promise<void> {
  const { url, caData, adminToken: token } = server;
  const config = { server: url, caData, token, namespace: "default" };
  using client = new KubeClient(createRestClient(config));
  for (const { name, run } of scenarios) {
    await t.step(name, () => run(client, server));
  }
}

Deno.test("client on the embedded API server", async (t) => {
  await using server = await startApiServer();
  await runAll(t, server);
});

Deno.test({
  name: "client on a real kube-apiserver",
  ignore: !!kubeApiserverMissing(),
  async fn(t) {
    const authority = await createAuthority();
    const caFile = await Deno.makeTempFile();
    await Deno.writeTextFile(caFile, authority.ca);
    const server = (await startKubeApiserver({
      args: [`--client-ca-file=${caFile}`],
    }))!;
    try {
      await runAll(t, server);
      await t.step("presents a client certificate", async () => {
        const { cert, key } = await authority.client("carol");
        const { url, caData } = server;
        using carol = new KubeClient(createRestClient({
          server: url,
          caData,
          clientCert: cert,
          clientKey: key,
        }));
        await assert.rejects(carol.list(NAMESPACES), {
          code: 403,
          message: /User "carol" cannot list/,
        });
      });
      await t.step("is configured by a kubeconfig", async () => {
        const { kubeconfigPath: path } = server;
        const config = clusterConfig(await loadKubeconfig({ path }));
        using client = new KubeClient(createRestClient(config));
        assert((await client.list(NAMESPACES)).items.length > 0);
      });
    } finally {
      await server.close();
      await Deno.remove(caFile);
    }
  },
});
