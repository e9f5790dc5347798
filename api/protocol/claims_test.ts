import assert from "node:assert/strict";
import { canonicalJson } from "./canonical_json.ts";
import { keyId, revisionName } from "./claims.ts";

Deno.test("canonicalJson() sorts keys at every depth and drops undefined", () => {
  assert.equal(
    canonicalJson({ b: [{ z: 1, a: null }], a: undefined, "é": "\n" }),
    '{"b":[{"a":null,"z":1}],"é":"\\n"}',
  );
});

Deno.test("canonicalJson() refuses what JSON has no form for", () => {
  assert.throws(() => canonicalJson({ a: NaN }), TypeError);
  assert.throws(() => canonicalJson(1n), TypeError);
});

Deno.test("keyId() is the RFC 7638 thumbprint, whatever else the JWK says", async () => {
  const key = { kty: "EC", crv: "P-256", x: "a", y: "b" };
  const noisy = { ...key, alg: "ES256", use: "sig" };
  assert.equal(await keyId(key), await keyId(noisy));
  assert.match(await keyId(key), /^[0-9a-f]{64}$/);
});

Deno.test("revisionName() changes with the content only", async () => {
  const plugin = {
    name: "host",
    kind: "Monitoring",
    type: "host",
    plugin: "monitoring-host",
    version: "1.0.0",
    form: "script" as const,
    artifacts: [],
    publisher: { name: "hub", key: { kty: "EC", crv: "P-256", x: "a" } },
    config: { a: 1, b: 2 },
  };
  const reordered = { ...plugin, config: { b: 2, a: 1 } };
  const name = await revisionName({ plugins: [plugin] });
  assert.equal(await revisionName({ plugins: [reordered] }), name);
  const changed = { ...plugin, config: { a: 1, b: 3 } };
  assert.notEqual(await revisionName({ plugins: [changed] }), name);
});
