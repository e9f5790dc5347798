/**
 * Fetches from a real Git server over HTTP and HTTPS, by each way to log in.
 *
 * @module
 */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { importSPKI, jwtVerify } from "jose";
import {
  createAuthority,
  type TestAuthority,
} from "../../kube/testing/certificates.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import type { SecretData } from "./secret_data.ts";
import { fetchSource, type FetchSourceOptions } from "./source.ts";
import { SourceError } from "./source_error.ts";
import { type GitServer, startGitServer } from "./testing/git_server.ts";
import {
  startCuttingRelay,
  startHttpProxy,
  startSocksProxy,
} from "./testing/relay.ts";
import { makeRepository, type TestRepository } from "./testing/repository.ts";

interface Setup extends AsyncDisposable {
  authority: TestAuthority;
  repo: TestRepository;
  server: GitServer;
  commit: string;
  /** Fetches; what `secret` holds goes along with the CA. */
  fetch(
    secret?: SecretData,
    options?: Partial<FetchSourceOptions> & { url?: string },
  ): Promise<string>;
}

/** A repository of one commit behind https. */
async function setUp(
  options: {
    behaviour?: GitServer["behaviour"];
    clientCerts?: boolean;
    other?: Parameters<typeof startGitServer>[1] extends infer T
      ? T extends { other?: infer O } ? O : never
      : never;
  } = {},
): Promise<Setup> {
  const stack = new AsyncDisposableStack();
  const authority = await createAuthority();
  const repo = stack.use(await makeRepository({ filter: true }));
  const commit = await repo.push({ "a.yaml": "a: 1\n" });
  const server = stack.use(
    await startGitServer(repo.dir, {
      behaviour: options.behaviour,
      other: options.other,
      tls: {
        ...await authority.server("127.0.0.1", "git.test"),
        ...(options.clientCerts ? { clientCa: authority.ca } : {}),
      },
    }),
  );
  return {
    authority,
    repo,
    server,
    commit,
    async fetch(secret = {}, { url, ...more } = {}) {
      const { tree } = await fetchSource(
        { url: url ?? `${server.url}/fleet.git` },
        {
          stateDir: `${repo.dir}/state`,
          name: "fleet",
          select: () => true,
          secret: { "ca.crt": authority.ca, ...secret },
          ...more,
        },
      );
      return tree.commit;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Asserts the reason, and that no secret is in the message. */
function fails(
  work: Promise<unknown>,
  reason: string,
  options: { message?: RegExp; secrets?: string[] } = {},
) {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.equal(error.reason, reason, error.message);
    if (options.message) assert.match(error.message, options.message);
    for (const secret of options.secrets ?? []) {
      assert.ok(!error.message.includes(secret), error.message);
    }
    return true;
  });
}

const basic = (user: string, password: string) =>
  `Basic ${btoa(`${user}:${password}`)}`;

Deno.test("https: username and password, a token, and nothing", async () => {
  await using git = await setUp({
    behaviour: { authorization: basic("ada", "s3:cr@t'x") },
  });
  const { server, commit, repo } = git;
  assert.equal(
    await git.fetch({ username: "ada", password: "s3:cr@t'x\n" }),
    commit,
  );
  const left = [...Deno.readDirSync(`${repo.dir}/state/credentials`)];
  assert.deepEqual(left, [], "no credentials are left behind");
  await fails(
    git.fetch({ username: "ada", password: "wrong-one" }),
    "AuthenticationFailed",
    { secrets: ["wrong-one"] },
  );
  await assert.rejects(git.fetch(), {
    reason: "AuthenticationFailed",
    message:
      /^Cannot look for .*; no credentials were sent, as the Secret of \.spec\.secretRef holds ca\.crt alone$/,
  });
  server.behaviour.authorization = basic("git", "token");
  assert.equal(await git.fetch({ password: "token" }), commit);
  server.behaviour.authorization = "Bearer t0ken";
  assert.equal(await git.fetch({ bearerToken: "t0ken" }), commit);
  await fails(
    git.fetch({ bearerToken: "expired" }),
    "AuthenticationFailed",
    { secrets: ["expired"] },
  );
  await fails(
    git.fetch({ bearerToken: "a\nb: c" }),
    "SecretInvalid",
    { message: /bearerToken has line breaks/ },
  );
  await fails(
    git.fetch({ bearerToken: "a", password: "b" }),
    "SecretInvalid",
    { message: /leave one of them out/ },
  );
  await fails(
    git.fetch({ "ca.crt": "", user: "ada" }),
    "SecretInvalid",
    { message: /takes username and password, .*; found ca.crt, user/ },
  );
});

Deno.test("https: the server's certificate, its URL and its silence", async () => {
  await using git = await setUp();
  const { server } = git;
  const other = await createAuthority();
  await fails(git.fetch({ "ca.crt": other.ca }), "CertificateInvalid");
  await fails(
    git.fetch({}, { url: `https://localhost:${server.port}/fleet.git` }),
    "CertificateInvalid",
  );
  await fails(
    git.fetch({}, { url: `${server.url}/none.git` }),
    "RepositoryNotFound",
  );
  server.behaviour.silent = true;
  const asked = server.requests.length;
  const secret = { username: "ada", password: "s3cret-word" };
  const hanging = git.fetch(secret, { timeout: 6000 });
  hanging.catch(() => {});
  await eventually(() => server.requests.length > asked);
  const during = await processes(`:${server.port}/`);
  if (Deno.build.os === "linux") assert.ok(during.length, "git is at work");
  assert.ok(!during.join().includes("s3cret-word"), "a password shows");
  await fails(hanging, "Timeout", { message: /longer than 6 s/ });
  assert.deepEqual(
    await processes(`:${server.port}/`),
    [],
    "nothing is left waiting for the server",
  );
  await using gone = await startGitServer(git.repo.dir);
  const { url } = gone;
  await gone[Symbol.asyncDispose]();
  await fails(git.fetch({}, { url: `${url}/fleet.git` }), "Unreachable");
  await fails(
    git.fetch({}, { url: "https://none.invalid/fleet.git" }),
    "Unreachable",
  );
});

Deno.test("https: a client certificate", async () => {
  await using git = await setUp({ clientCerts: true });
  const { cert, key } = await git.authority.client("faros");
  assert.equal(
    await git.fetch({ "tls.crt": cert, "tls.key": key }),
    git.commit,
  );
  await fails(git.fetch(), "AuthenticationFailed");
  const other = await (await createAuthority()).client("faros");
  await fails(
    git.fetch({ "tls.crt": other.cert, "tls.key": other.key }),
    "AuthenticationFailed",
  );
  await fails(git.fetch({ "tls.crt": cert }), "SecretInvalid", {
    message: /tls\.crt and tls\.key go together/,
  });
});

Deno.test("https: through an HTTP and a SOCKS proxy", async () => {
  await using git = await setUp();
  const { server, commit } = git;
  const login = { username: "ada", password: "pr:xy@1" };
  // The name is the proxy's to resolve.
  const url = `https://git.test:${server.port}/fleet.git`;
  const target = `git.test:${server.port}`;
  await using http = startHttpProxy({ login, to: server.port });
  await using socks = startSocksProxy({ login, to: server.port });
  await using open = startHttpProxy({ to: server.port });
  const at = (address: string, more: SecretData = login) => ({
    url,
    proxySecret: { address, ...more },
  });
  for (
    const [proxy, address] of [
      [http, `http://127.0.0.1:${http.port}`],
      [socks, `socks5://127.0.0.1:${socks.port}`],
    ] as const
  ) {
    assert.equal(await git.fetch({}, at(address)), commit);
    assert.ok(proxy.targets.length > 0);
    assert.ok(proxy.targets.every((t) => t === target));
    await fails(
      git.fetch({}, at(address, { ...login, password: "wrong-1" })),
      "ProxyFailed",
      { secrets: ["wrong-1"] },
    );
  }
  assert.equal(
    await git.fetch({}, at(`http://127.0.0.1:${open.port}`, {})),
    commit,
  );
  await open[Symbol.asyncDispose]();
  await fails(
    git.fetch({}, at(`http://127.0.0.1:${open.port}`, {})),
    "ProxyFailed",
  );
  await fails(
    git.fetch({}, at("http://a:b@127.0.0.1:1")),
    "SecretInvalid",
    { message: /holds credentials/ },
  );
  await fails(git.fetch({}, at("ftp://127.0.0.1")), "SecretInvalid");
});

Deno.test("https: a GitHub App's token, kept until it expires", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    // As GitHub gives it.
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  const verifyKey = await importSPKI(publicKey, "RS256");
  let issued = 0;
  let life = 3600_000;
  await using git = await setUp({
    async other(request, response) {
      const answer = (status: number, body: unknown) => {
        response.writeHead(status, { "content-type": "application/json" })
          .end(JSON.stringify(body));
      };
      const asked = `${request.method} ${request.url}`;
      if (
        !/^POST .*\/7\/access_tokens$|^GET .*(orgs\/acme|users\/ada)\/inst/
          .test(asked)
      ) return answer(404, { message: "Not Found" });
      const jwt = request.headers.authorization?.replace("Bearer ", "") ?? "";
      try {
        const { payload } = await jwtVerify(jwt, verifyKey, { issuer: "42" });
        assert.ok(payload.exp! - payload.iat! <= 600);
      } catch {
        return answer(401, {
          message: "A JSON web token could not be decoded",
        });
      }
      if (request.method === "GET") return answer(200, { id: 7 });
      const token = `ghs_${++issued}`;
      git.server.behaviour.authorization = basic("x-access-token", token);
      answer(201, {
        token,
        expires_at: new Date(Date.now() + life).toISOString(),
      });
    },
  });
  git.server.behaviour.authorization = "none yet";
  const secret = {
    githubAppID: "42",
    githubAppInstallationID: "7",
    githubAppPrivateKey: privateKey,
    githubAppBaseURL: `${git.server.url}/api/v3/`,
  };
  assert.equal(await git.fetch(secret), git.commit);
  assert.equal(await git.fetch(secret), git.commit);
  assert.equal(issued, 1, "the token is kept");
  git.server.behaviour.authorization = "revoked";
  await fails(git.fetch(secret), "AuthenticationFailed", {
    secrets: ["ghs_1"],
  });
  life = 1000;
  assert.equal(await git.fetch(secret), git.commit);
  assert.equal(await git.fetch(secret), git.commit);
  assert.equal(issued, 3, "a token that was refused or expires is not");
  await fails(
    git.fetch({ ...secret, githubAppID: "43" }),
    "AuthenticationFailed",
    { message: /as a GitHub App at .* answered 401: A JSON web token/ },
  );
  await fails(
    git.fetch({ ...secret, githubAppInstallationID: "8" }),
    "AuthenticationFailed",
    { message: /is the app installed/ },
  );
  const { githubAppInstallationID: _, ...owned } = secret;
  for (const githubAppInstallationOwner of ["acme", "ada"]) {
    assert.equal(
      await git.fetch({ ...owned, githubAppInstallationOwner }),
      git.commit,
      "an organization's, a user's",
    );
  }
  await fails(
    git.fetch({ ...owned, githubAppInstallationOwner: "eve" }),
    "AuthenticationFailed",
    { message: /answered 404: Not Found \(is the app installed for eve\?\)/ },
  );
  await fails(
    git.fetch({ ...owned, githubAppInstallationOwner: "../app" }),
    "SecretInvalid",
  );
  await fails(git.fetch(owned), "SecretInvalid", {
    message: /githubAppInstallationID or githubAppInstallationOwner/,
  });
  await fails(
    git.fetch({ ...secret, githubAppPrivateKey: "no" }),
    "SecretInvalid",
  );
  await fails(
    git.fetch({ ...secret, githubAppPrivateKey: "" }),
    "SecretInvalid",
    { message: /lacks githubAppPrivateKey/ },
  );
  await fails(
    git.fetch({ ...secret, githubAppBaseURL: "http://example.org" }),
    "SecretInvalid",
  );
  await using proxy = startHttpProxy();
  const { port } = proxy;
  assert.equal(
    await git.fetch(secret, {
      proxySecret: { address: `http://127.0.0.1:${port}` },
    }),
    git.commit,
  );
  assert.ok(proxy.targets.length >= 2, "the token is asked for by it too");
});

/** What others see of the processes whose arguments have a text in them. */
async function processes(text: string): Promise<string[]> {
  const found: string[] = [];
  if (Deno.build.os !== "linux") return found;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const read = (file: string) =>
      Deno.readTextFile(`/proc/${name}/${file}`).catch(() => "");
    const args = await read("cmdline");
    if (args.includes(text)) found.push(args + await read("environ"));
  }
  return found;
}

/** Files that nothing compresses. */
function noise(bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65536) {
    crypto.getRandomValues(all.subarray(at, Math.min(at + 65536, bytes)));
  }
  return all;
}

Deno.test("https: what is not read is not fetched", async () => {
  await using git = await setUp();
  const { repo, server } = git;
  const MiB = 2 ** 20;
  const files: Record<string, string | Uint8Array> = {};
  for (let i = 0; i < 3; i++) files[`media/${i}.bin`] = noise(MiB);
  for (let i = 0; i < 100; i++) files[`fleet/${i}.yaml`] = `a: ${i}\n`;
  const first = await repo.push(files);
  const options = {
    stateDir: `${repo.dir}/state`,
    name: "fleet",
    secret: { "ca.crt": git.authority.ca },
    select: (path: string) => path.endsWith(".yaml"),
  };
  const spec = { url: `${server.url}/fleet.git`, path: "fleet" };
  const one = await fetchSource(spec, options);
  assert.equal(one.tree.commit, first);
  assert.equal(one.tree.files.length, 100);
  assert.ok(server.sent < 0.1 * MiB, `${server.sent} bytes were sent`);
  let before = server.sent;
  await repo.push({ "fleet/0.yaml": "a: x\n", "media/0.bin": noise(MiB) });
  const two = await fetchSource(spec, { ...options, previous: one });
  assert.equal(two.tree.files.find((f) => f.path === "0.yaml")?.text, "a: x\n");
  assert.equal(two.tree.files[1], one.tree.files[1]);
  assert.ok(server.sent - before < 0.02 * MiB);
  // History that is rewritten costs no more.
  before = server.sent;
  await repo.push({ "fleet/0.yaml": "a: y\n" }, { force: true });
  const rewritten = await fetchSource(spec, { ...options, previous: two });
  assert.equal(rewritten.tree.files.length, 100);
  assert.notEqual(rewritten.tree.commit, two.tree.commit);
  assert.ok(server.sent - before < 0.02 * MiB);
  // After a restart what is there is not fetched again.
  before = server.sent;
  const again = await fetchSource(spec, options);
  assert.equal(again.tree.files.length, 100);
  assert.ok(server.sent - before < 2000);
  // A server that cannot leave out sends one commit whole, and the same is read.
  await repo.git("-C", repo.path, "config", "uploadpack.allowFilter", "false");
  const whole = await fetchSource(spec, { ...options, name: "whole" });
  assert.deepEqual(whole.tree, rewritten.tree);
  // One that leaves out, but gives nothing by its hash.
  await repo.git("-C", repo.path, "config", "uploadpack.allowFilter", "true");
  server.behaviour.oldProtocol = true;
  const old = await fetchSource(spec, { ...options, name: "old" });
  assert.deepEqual(old.tree, rewritten.tree);
  const pinned = await fetchSource({ ...spec, ref: { commit: first } }, {
    ...options,
    name: "pinned",
  });
  assert.deepEqual(pinned.tree, one.tree);
});

Deno.test("https: a server that goes in mid-fetch leaves nothing behind", async () => {
  await using git = await setUp();
  const { repo, server } = git;
  const commit = await repo.push({ "a.yaml": "#".repeat(500_000) });
  const big = await repo.push({ "big.yaml": noise(2 ** 20).toHex() });
  assert.notEqual(big, commit);
  server.behaviour.cutAfter = 300_000;
  for (let i = 0; i < 2; i++) {
    await fails(git.fetch(), "Unreachable", { message: /Cannot fetch/ });
  }
  await using relay = startCuttingRelay(server.port, 200_000);
  server.behaviour = {};
  await fails(
    git.fetch({}, { url: `https://127.0.0.1:${relay.port}/fleet.git` }),
    "Unreachable",
  );
  const mirrors = `${repo.dir}/state/mirrors`;
  let left = 0;
  for (const { name } of Deno.readDirSync(mirrors)) {
    for (
      const file of Deno.readDirSync(`${mirrors}/${name}/objects/pack`)
    ) if (file.name.startsWith("tmp_")) left++;
  }
  assert.equal(left, 0, "halves of packs");
  assert.equal(await git.fetch(), big);
});
