import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { parse } from "yaml";
import { ensurePki, isRenewalDue, kubeconfig } from "./mod.ts";

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

Deno.test("a certificate that was made while the clock ran ahead is replaced once it is set right", () =>
  withFolder(async (dataDir) => {
    const hostnames = ["localhost"];
    const [now, ahead] = [
      at("2027-03-01T00:00:00Z"),
      at("2031-01-01T00:00:00Z"),
    ];
    await ensurePki({ dataDir, hostnames, now });
    const later = await ensurePki({ dataDir, hostnames, now: ahead });
    assert.ok(isRenewalDue(later.renewAt, now()));
    const { cert, renewAt } = await ensurePki({ dataDir, hostnames, now });
    assert.ok(new Date(new X509Certificate(cert).validFrom) < now());
    assert.ok(!isRenewalDue(renewAt, now()));
    // A few minutes back are no reason.
    assert.ok(!isRenewalDue(renewAt, new Date(now().getTime() - 600_000)));
  }));

Deno.test("a CA that is made before the clock is set is good afterwards; one that ended says so", () =>
  withFolder(async (dataDir) => {
    const hostnames = ["localhost"];
    const make = (time: string) =>
      ensurePki({ dataDir, hostnames, now: at(time) });
    const first = await make("1970-01-01T00:01:00Z");
    const set = await make("2028-01-01T00:00:00Z");
    assert.equal(set.ca, first.ca);
    for (const pem of [set.ca, set.cert]) {
      const { validFrom, validTo } = new X509Certificate(pem);
      assert.ok(new Date(validFrom) < new Date("2028-01-01"));
      assert.ok(new Date(validTo) > new Date("2028-12-01"));
    }
    await assert.rejects(
      make("2039-01-01T00:00:00Z"),
      /the CA in .*ca\.crt ended at 2035-.*set the clock or.*remove/,
    );
    // Nothing was changed by that.
    assert.deepEqual(await make("2028-01-01T00:00:00Z"), set);
  }));

Deno.test("half a CA is not replaced by a new one that no client trusts, half of the rest is made anew", () =>
  withFolder(async (dataDir) => {
    const hostnames = ["localhost"];
    const { ca } = await ensurePki({ dataDir, hostnames });
    for (const name of ["ca.key", "ca.crt"]) {
      const file = `${dataDir}/${name}`;
      await Deno.rename(file, `${file}.away`);
      await Deno.writeTextFile(`${dataDir}/server.names`, "");
      await assert.rejects(
        ensurePki({ dataDir, hostnames }),
        new RegExp(`and no ${name.replace(".", "\\.")}; put it back`),
      );
      await Deno.rename(`${file}.away`, file);
    }
    await Deno.copyFile(`${dataDir}/ca.crt`, `${dataDir}/good`);
    await Deno.writeTextFile(`${dataDir}/ca.crt`, ca.slice(0, 200));
    await assert.rejects(
      ensurePki({ dataDir, hostnames }),
      /Cannot use .*ca\.crt: it is no PEM; put back/,
    );
    await Deno.rename(`${dataDir}/good`, `${dataDir}/ca.crt`);
    for (const name of ["server.crt", "server.key"]) {
      await Deno.writeTextFile(`${dataDir}/${name}`, "garbage\n");
      const pki = await ensurePki({ dataDir, hostnames });
      assert(
        new X509Certificate(pki.cert).checkIssued(new X509Certificate(ca)),
      );
      assert.match(pki.key, /^-----BEGIN PRIVATE KEY-----/);
    }
    for (const text of ["", "{", "null", "{}"]) {
      await Deno.writeTextFile(`${dataDir}/server.names`, text);
      assert.equal((await ensurePki({ dataDir, hostnames })).ca, ca);
    }
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
