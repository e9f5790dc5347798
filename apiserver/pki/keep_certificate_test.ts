import assert from "node:assert/strict";
import { serveHttp } from "../server/http_server.ts";
import { keepCertificate } from "./keep_certificate.ts";
import { ensurePki } from "./mod.ts";

const DAY = 24 * 3_600_000;

Deno.test("keepCertificate(): a server that runs for a year serves with a new certificate, and cuts no connection", async () => {
  const dataDir = await Deno.makeTempDir();
  let time = Date.now() - 340 * DAY;
  const now = () => new Date(time);
  const pkiOptions = { dataDir, hostnames: ["127.0.0.1"], now };
  const pki = await ensurePki(pkiOptions);
  const more = Promise.withResolvers<void>();
  const server = serveHttp({
    hostname: "127.0.0.1",
    port: 0,
    certificate: pki,
    handler: () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            controller.enqueue(new TextEncoder().encode("first "));
            await more.promise;
            controller.enqueue(new TextEncoder().encode("second"));
            controller.close();
          },
        }),
      ),
  });
  let look!: () => Promise<void>;
  const errors: unknown[] = [];
  const keeping = keepCertificate({
    pki,
    renew: () => ensurePki(pkiOptions),
    use: (certificate) => server.useCertificate(certificate),
    now,
    onError: (error) => errors.push(error),
    every: (f) => {
      look = f;
      return { stop() {} };
    },
  });
  const url = `https://127.0.0.1:${server.addr.port}/`;
  const certificateOf = async () => {
    using connection = await Deno.connectTls({
      port: server.addr.port,
      hostname: "127.0.0.1",
      caCerts: [pki.ca],
    });
    await connection.handshake();
  };
  const client = Deno.createHttpClient({ caCerts: [pki.ca] });
  try {
    const response = await fetch(url, { client });
    await look(); // not due yet
    assert.equal(await Deno.readTextFile(`${dataDir}/server.crt`), pki.cert);
    time += 340 * DAY;
    await look();
    assert.notEqual(await Deno.readTextFile(`${dataDir}/server.crt`), pki.cert);
    await certificateOf();
    more.resolve();
    assert.equal(await response.text(), "first second");
    const again = Deno.createHttpClient({ caCerts: [pki.ca] });
    assert.equal(
      await (await fetch(url, { client: again })).text(),
      "first second",
    );
    again.close();
    assert.deepEqual(errors, []);
    await assert.rejects(server.useCertificate({ cert: "no", key: "no" }));
    await certificateOf();
  } finally {
    await keeping.stop();
    client.close();
    await server.shutdown();
    await Deno.remove(dataDir, { recursive: true });
  }
});
