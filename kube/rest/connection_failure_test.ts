import assert from "node:assert/strict";
import { explainFailure, whyUnreachable } from "./connection_failure.ts";

// As Deno 2.9.6 says it.
const failed = (why: string) =>
  new TypeError("fetch failed", {
    cause: new Error(
      `error sending request for url (https://hub:6443/): client error (Connect): ${why}`,
    ),
  });
const request = { method: "GET" as const, path: "/api" };

Deno.test("a certificate that is not valid at this time makes us doubt the clock", () => {
  const now = Date.parse("2020-01-01T00:00:00Z");
  for (const state of ["not valid yet", "expired"]) {
    assert.equal(
      whyUnreachable(
        failed(`invalid peer certificate: certificate ${state}: …`),
        { distrusted: "Is it the CA?", now },
      ),
      `invalid peer certificate: certificate ${state}: …. Is the clock of this machine right? It says 2020-01-01T00:00:00.000Z`,
    );
  }
});

Deno.test("a certificate of another authority makes us doubt the kubeconfig, and nothing else does", () => {
  const config = { server: "https://hub:6443" };
  const explain = (why: string) =>
    explainFailure(failed(why), { request, config }) as Error;
  assert.equal(
    explain("invalid peer certificate: UnknownIssuer").message,
    "Cannot GET https://hub:6443/api: invalid peer certificate: UnknownIssuer. Is certificate-authority-data of the kubeconfig that of this server?",
  );
  assert.equal(
    explain("tcp connect error: Connection refused (os error 111)").message,
    "Cannot GET https://hub:6443/api: Connection refused (os error 111)",
  );
});
