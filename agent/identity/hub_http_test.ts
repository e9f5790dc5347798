import assert from "node:assert/strict";
import { createAuthority } from "../../kube/testing/certificates.ts";
import { startFaultServer } from "../../kube/testing/fault_server.ts";
import { hubRequest } from "./hub_http.ts";

Deno.test("hubRequest() sends a token over TLS or to this machine only", async () => {
  await assert.rejects(
    hubRequest("http://hub.example.com/x", { token: "t", maxBytes: 10 }),
    /Cannot send this device's token to http:\/\/hub\.example\.com\/x: the way there is not encrypted/,
  );
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => new Response(request.headers.get("authorization")),
  );
  const bytes = await hubRequest(`http://127.0.0.1:${server.addr.port}/`, {
    token: "t",
    maxBytes: 100,
  });
  assert.equal(new TextDecoder().decode(bytes), "Bearer t");
});

Deno.test("hubRequest() says what it asked for, and why there is no answer", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/devices`;
  listener.close();
  await assert.rejects(hubRequest(url, { maxBytes: 10 }), {
    message: /^Cannot GET http:\/\/127\.0\.0\.1:\d+\/devices: .*refused/,
  });
  const authority = await createAuthority();
  const tls = await authority.server("127.0.0.1");
  await using server = startFaultServer(() => Response.json({ ok: 1 }), {
    tls,
  });
  const other = await createAuthority();
  await assert.rejects(
    hubRequest(`${server.config.server}/devices`, {
      caData: other.ca,
      maxBytes: 10,
    }),
    /^Error: Cannot GET https:.*\/devices: .*certificate: \w+\. Has the hub another/,
  );
});
