import assert from "node:assert/strict";
import { KubeClient } from "../kube/client.ts";
import { createRestClient } from "../kube/rest_client.ts";
import {
  startFaultServer,
  statusResponse,
} from "../kube/testing/fault_server.ts";
import { checkEngine } from "./check_engine.ts";

Deno.test("checkEngine() says what is the matter with the Kubernetes API, without its own words", async () => {
  let code = 200;
  const server = startFaultServer(() =>
    code === 200
      ? Response.json({ kind: "Secret" })
      : statusResponse(code, { message: "of 10.1.2.3" })
  );
  using client = new KubeClient(createRestClient(server.config));
  await checkEngine(client);
  for (
    const [answer, message] of [
      [401, /does not accept the hub's credentials; .* in its kubeconfig/],
      [403, /forbids the hub/],
      [503, /answers 503 ServiceUnavailable$/],
    ] as const
  ) {
    code = answer;
    await assert.rejects(checkEngine(client), { name: "NotReady", message });
  }
  await server[Symbol.asyncDispose]();
  await assert.rejects(checkEngine(client), {
    name: "NotReady",
    message: "the Kubernetes API cannot be reached",
  });
});
