import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ClusterConfig } from "./cluster_config.ts";
import { createRestClient } from "./rest_client.ts";
import { createAuthority } from "./testing/certificates.ts";
import { startFaultServer, statusResponse } from "./testing/fault_server.ts";

const GET = { method: "GET", path: "/api/v1/pods", expectJson: true } as const;

Deno.test("rest client takes the token that has been put in place of a refused one", async () => {
  let valid = "one";
  const seen: string[] = [];
  await using server = startFaultServer((request) => {
    const given = request.headers.get("authorization")!;
    seen.push(given.replace("Bearer ", ""));
    return given === `Bearer ${valid}`
      ? Response.json({ ok: 1 })
      : statusResponse(401);
  });
  let file: ClusterConfig | undefined = { ...server.config, token: "one" };
  let reads = 0;
  const reload = () => {
    reads++;
    return file
      ? Promise.resolve(file)
      : Promise.reject(new Error("it is half written"));
  };
  using rest = createRestClient({ ...file, reload });
  await rest.performRequest(GET);
  assert.equal(reads, 0);

  // Expired, and nobody has put another one there: once more is enough.
  valid = "two";
  seen.length = 0;
  await assert.rejects(rest.performRequest(GET), { code: 401 });
  file = undefined;
  await assert.rejects(rest.performRequest(GET), { code: 401 });
  assert.deepEqual(seen, ["one", "one"]);

  // Requests that are refused together share one look.
  file = { ...server.config, token: "two" };
  reads = 0;
  const jane = rest.withImpersonation({ user: "jane" });
  const answers = await Promise.all([
    rest.performRequest(GET),
    rest.performRequest(GET),
    jane.performRequest(GET),
  ]);
  assert.deepEqual(answers, [{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
  assert.equal(reads, 1);
  assert.deepEqual(seen.slice(2).toSorted(), [
    ...["one", "one", "one"],
    ...["two", "two", "two"],
  ]);

  // Another one that is refused, too: no endless loop.
  valid = "four";
  file = { ...server.config, token: "three" };
  await assert.rejects(rest.performRequest(GET), { code: 401 });
});

Deno.test("rest client takes the client certificate that has been put in place of a refused one", async () => {
  const authority = await createAuthority();
  const { cert, key } = await authority.server("127.0.0.1");
  const server = createServer(
    { cert, key, ca: authority.ca, requestCert: true },
    (request, response) => {
      const peer = (request.socket as TLSSocket).getPeerCertificate();
      const user = peer.subject.CN;
      response.statusCode = user === "expired" ? 401 : 200;
      response.end(JSON.stringify({ user }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const configOf = async (user: string): Promise<ClusterConfig> => {
    const { cert, key } = await authority.client(user);
    return {
      server: `https://127.0.0.1:${port}`,
      caData: authority.ca,
      clientCert: cert,
      clientKey: key,
    };
  };
  try {
    const [expired, renewed] = [
      await configOf("expired"),
      await configOf("renewed"),
    ];
    // Its key has not been written yet.
    let file: ClusterConfig = { ...renewed, clientKey: expired.clientKey };
    using rest = createRestClient({
      ...expired,
      reload: () => Promise.resolve(file),
    });
    await assert.rejects(rest.performRequest(GET));
    file = renewed;
    assert.deepEqual(await rest.performRequest(GET), { user: "renewed" });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

Deno.test("rest client takes the CA that has been put in place of one that did not sign the server's certificate", async () => {
  const [old, authority] = [await createAuthority(), await createAuthority()];
  await using server = startFaultServer(() => Response.json({ ok: 1 }), {
    tls: await authority.server("127.0.0.1"),
  });
  const config = { ...server.config, caData: old.ca };
  let caData = old.ca;
  using rest = createRestClient({
    ...config,
    reload: () => Promise.resolve({ ...config, caData }),
  });
  await assert.rejects(rest.performRequest(GET), {
    message: /certificate-authority-data of the kubeconfig/,
  });
  caData = authority.ca;
  assert.deepEqual(await rest.performRequest(GET), { ok: 1 });
});
