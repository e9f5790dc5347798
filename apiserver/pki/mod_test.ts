import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { parse } from "yaml";
import { ensurePki, kubeconfig } from "./mod.ts";

const at = (text: string) => () => new Date(text);

async function withFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the serving certificate is trusted by the CA for all its names", async () => {
  const hostnames = ["localhost", "edge.example.com", "127.0.0.1", "::1"];
  const pki = await ensurePki({ hostnames });
  const ca = new X509Certificate(pki.ca);
  const cert = new X509Certificate(pki.cert);
  assert(cert.verify(ca.publicKey));
  assert(cert.checkIssued(ca));
  assert(ca.ca && !cert.ca);
  assert.equal(cert.checkHost("edge.example.com"), "edge.example.com");
  assert.equal(cert.checkIP("127.0.0.1"), "127.0.0.1");
  assert.equal(cert.checkIP("::1"), "::1");
  assert.equal(cert.checkHost("other.example.com"), undefined);
});

Deno.test("a TLS client that trusts the CA reaches the server", async () => {
  const pki = await ensurePki({ hostnames: ["127.0.0.1"] });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", ...pki, onListen() {} },
    () => new Response("ok"),
  );
  const client = Deno.createHttpClient({ caCerts: [pki.ca] });
  try {
    const response = await fetch(`https://127.0.0.1:${server.addr.port}/`, {
      client,
    });
    assert.equal(await response.text(), "ok");
  } finally {
    client.close();
    await server.shutdown();
  }
});

Deno.test("keys are kept with mode 0600 and used again", () =>
  withFolder(async (dataDir) => {
    const hostnames = ["localhost"];
    const first = await ensurePki({ dataDir, hostnames });
    const second = await ensurePki({ dataDir, hostnames });
    assert.deepEqual(second, first);
    for (const name of ["ca.key", "server.key"]) {
      const { mode } = await Deno.stat(`${dataDir}/${name}`);
      assert.equal(mode! & 0o777, 0o600);
    }
  }));

Deno.test("new hostnames and a near end renew the certificate, not the CA", () =>
  withFolder(async (dataDir) => {
    const hostnames = ["localhost"];
    const now = at("2026-01-01T00:00:00Z");
    const first = await ensurePki({ dataDir, hostnames, now });
    const more = await ensurePki({
      dataDir,
      hostnames: ["localhost", "b"],
      now,
    });
    assert.equal(more.ca, first.ca);
    assert.notEqual(more.cert, first.cert);
    const later = await ensurePki({
      dataDir,
      hostnames: ["localhost", "b"],
      now: at("2026-12-15T00:00:00Z"),
    });
    assert.equal(later.ca, first.ca);
    assert.notEqual(later.cert, more.cert);
    const { validTo } = new X509Certificate(later.cert);
    assert(new Date(validTo) > new Date("2027-12-01"));
  }));

Deno.test("a kubeconfig names server, CA, token and namespace", () => {
  const config = parse(kubeconfig({
    url: "https://h:1",
    caData: "PEM",
    token: "t",
    name: "faros",
    namespace: "a",
  }));
  assert.equal(config["current-context"], "faros");
  assert.deepEqual(config.clusters[0].cluster, {
    server: "https://h:1",
    "certificate-authority-data": btoa("PEM"),
  });
  assert.deepEqual(config.users[0].user, { token: "t" });
  assert.equal(config.contexts[0].context.namespace, "a");
});
