import assert from "node:assert/strict";
import { checkDeviceUrl, leadsToItself } from "./device_server.ts";
import { UsageError } from "./errors.ts";

Deno.test("leadsToItself tells URLs that are of no use to another machine", () => {
  for (
    const host of [
      "127.0.0.1",
      "127.1.2.3",
      "localhost",
      "hub.localhost",
      "[::1]",
      "0.0.0.0",
      "[::]",
    ]
  ) assert.ok(leadsToItself(`https://${host}:6443`), host);
  for (
    const host of ["192.0.2.2", "faros.example.com", "[fd00::2]", "127.de"]
  ) {
    assert.ok(!leadsToItself(`https://${host}:6443/clusters/a`), host);
  }
});

Deno.test("checkDeviceUrl takes what devices send a token to", () => {
  const check = (text: string) => checkDeviceUrl("hub-url", text);
  check("https://faros.example.com:6443");
  check("http://127.0.0.1:8443");
  for (const text of ["faros.example.com", "http://a", "https://", ""]) {
    assert.throws(() => check(text), UsageError, text);
  }
});
