import assert from "node:assert/strict";
import { KubeClient } from "../../../kube/client.ts";
import { createRestClient } from "../../../kube/rest_client.ts";
import { core, NAMESPACES } from "../objects.ts";
import type { Scenario } from "../scenario.ts";

const SERVICE_ACCOUNTS = core("serviceaccounts", "ServiceAccount");

export const tokens: Scenario = {
  name: "makes tokens that the server knows",
  async run(client, server) {
    await client.create(SERVICE_ACCOUNTS, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "device", namespace: "default" },
    });
    const { token, expirationTimestamp } = await client.createToken(
      "default",
      "device",
      { expirationSeconds: 3600 },
    );
    assert(Date.parse(expirationTimestamp) > Date.now());
    const review = await client.tokenReview(token);
    assert.equal(review.user?.username, "system:serviceaccount:default:device");
    assert(review.user?.groups?.includes("system:serviceaccounts:default"));
    const bad = await client.tokenReview("nonsense");
    assert.equal(bad.authenticated, false);
    using own = new KubeClient(
      createRestClient({ server: server.url, caData: server.caData, token }),
    );
    await assert.rejects(own.list(NAMESPACES), {
      code: 403,
      message: /system:serviceaccount:default:device/,
    });
  },
};
