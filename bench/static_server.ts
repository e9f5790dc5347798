/**
 * An HTTPS server that answers the same bytes to everything: what a load tool reaches with it, it cannot surpass with
 * any other. Says `ready URL CA`, the latter as base64.
 *
 * @module
 */
import { ensurePki } from "../apiserver/pki/mod.ts";
import { serveHttp } from "../apiserver/server/http_server.ts";

const body = new Uint8Array(600).fill(0x78);
const headers = { "content-type": "application/json" };
const hostname = "127.0.0.1";
const { ca, ...certificate } = await ensurePki({ hostnames: [hostname] });
const { addr } = serveHttp({
  hostname,
  port: 0,
  certificate,
  handler: () => new Response(body, { headers }),
});
console.log(`ready https://${hostname}:${addr.port} ${btoa(ca)}`);
