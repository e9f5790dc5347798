import assert from "node:assert/strict";
import { failureReason } from "./failure_reason.ts";

// What git says with other TLS libraries, servers and versions than those
// that the other tests run; each as it was printed by the real program.
const SAID: [string, string][] = [
  [
    "AuthenticationFailed",
    "fatal: unable to access 'https://127.0.0.1:1/x.git/': GnuTLS recv error (-12): A TLS fatal alert has been received.",
  ],
  [
    "AuthenticationFailed",
    "fatal: unable to access 'https://127.0.0.1:1/x.git/': gnutls_handshake() failed: CA is unknown",
  ],
  [
    "AuthenticationFailed",
    "fatal: unable to access 'https://a/x.git/': OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
  ],
  [
    "AuthenticationFailed",
    "fatal: unable to access 'https://a/x.git/': The requested URL returned error: 403",
  ],
  [
    "AuthenticationFailed",
    "remote: Invalid username or token. Password authentication is not supported for Git operations.\nfatal: Authentication failed for 'https://github.com/a/b.git/'",
  ],
  [
    "AuthenticationFailed",
    "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.",
  ],
  [
    "CertificateInvalid",
    "fatal: unable to access 'https://a/x.git/': SSL certificate problem: self-signed certificate in certificate chain",
  ],
  [
    "RepositoryNotFound",
    "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
  ],
  [
    "RepositoryNotFound",
    "remote: Not found.\nfatal: repository 'http://proxy.timeout.example/x.git/' not found",
  ],
  [
    "Unreachable",
    "ssh: connect to host proxy.example.org port 22: Connection refused\r\nfatal: Could not read from remote repository.",
  ],
  [
    "Unreachable",
    "ssh: Could not resolve hostname none.invalid: Name or service not known\nfatal: Could not read from remote repository.",
  ],
  [
    "Timeout",
    "ssh: connect to host 192.0.2.1 port 22: Connection timed out\nfatal: Could not read from remote repository.",
  ],
  [
    "Timeout",
    "fatal: unable to access 'https://a/x.git/': Operation too slow. Less than 1 bytes/sec transferred the last 30 seconds",
  ],
  [
    "Unreachable",
    "error: RPC failed; curl 18 transfer closed with outstanding read data remaining\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output",
  ],
  [
    "Unreachable",
    "fatal: unable to access 'https://a/x.git/': The requested URL returned error: 503",
  ],
  [
    "Unreachable",
    "fatal: unable to access 'https://a/x.git/': The requested URL returned error: 429",
  ],
  ["ProgramMissing", "error: cannot run ssh: No such file or directory"],
  ["FetchFailed", "fatal: something new"],
];

Deno.test("failureReason() knows what git and its helpers say", () => {
  for (const [reason, said] of SAID) {
    assert.equal(failureReason(said), reason, said);
  }
  const said =
    "fatal: unable to access 'https://a/x.git/': Failed to connect to 10.0.0.1 port 3128 after 3 ms: Couldn't connect to server";
  assert.equal(failureReason(said), "Unreachable");
  assert.equal(
    failureReason(said, { proxy: { host: "10.0.0.1", port: "3128" } }),
    "ProxyFailed",
  );
});
