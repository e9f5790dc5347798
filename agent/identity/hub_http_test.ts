import assert from "node:assert/strict";
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
