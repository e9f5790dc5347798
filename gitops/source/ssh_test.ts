/**
 * Fetches from a real sshd.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { SecretData } from "./secret_data.ts";
import { fetchSource } from "./source.ts";
import { SourceError } from "./source_error.ts";
import { startCuttingRelay } from "./testing/relay.ts";
import { makeRepository } from "./testing/repository.ts";
import {
  makeSshKey,
  sshdMissing,
  startSshServer,
} from "./testing/ssh_server.ts";

const missing = await sshdMissing();

Deno.test({
  name: `ssh: keys, hosts and what goes wrong${
    missing ? `: skipped, ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    await using repo = await makeRepository({ filter: true });
    const commit = await repo.push({ "a.yaml": "a: 1\n" });
    const locked = await makeSshKey(`${repo.dir}/locked`, "pass phrase");
    await using server = await startSshServer({
      dir: repo.dir,
      authorized: [await Deno.readTextFile(`${locked}.pub`)],
    });
    const { identity } = server;
    const secret = { identity, known_hosts: server.knownHosts() };
    const fetch = async (secret: SecretData, base = server.url) => {
      const { tree } = await fetchSource({ url: `${base}${repo.path}` }, {
        stateDir: `${repo.dir}/state`,
        name: "fleet",
        select: () => true,
        secret,
      });
      return tree.commit;
    };
    const fails = (work: Promise<unknown>, reason: string, message: RegExp) =>
      assert.rejects(work, (error) => {
        assert.ok(error instanceof SourceError, String(error));
        assert.match(error.message, message);
        assert.equal(error.reason, reason, error.message);
        assert.ok(!error.message.includes("pass phrase"));
        return true;
      });
    assert.equal(await fetch(secret), commit);
    assert.equal(
      await fetch({ ...secret, identity: identity.trim() }),
      commit,
      "without a line end",
    );
    const encrypted = {
      ...secret,
      identity: await Deno.readTextFile(locked),
    };
    assert.equal(
      await fetch({ ...encrypted, password: "pass phrase" }),
      commit,
    );
    for (const password of ["", "wrong"]) {
      await fails(
        fetch({ ...encrypted, password }),
        "AuthenticationFailed",
        /Permission denied/,
      );
    }
    const stranger = await Deno.readTextFile(
      await makeSshKey(`${repo.dir}/stranger`),
    );
    await fails(
      fetch({ ...secret, identity: stranger }),
      "AuthenticationFailed",
      /Permission denied \(publickey\)/,
    );
    await fails(
      fetch({ ...secret, identity: "no key" }),
      "AuthenticationFailed",
      /Permission denied/,
    );
    await fails(
      fetch({ ...secret, known_hosts: "example.org ssh-ed25519 AAAA\n" }),
      "HostKeyUnknown",
      /No ED25519 host key is known for \[127\.0\.0\.1\]/,
    );
    const other = await Deno.readTextFile(`${repo.dir}/stranger.pub`);
    await fails(
      fetch({ ...secret, known_hosts: `[127.0.0.1]:${server.port} ${other}` }),
      "HostKeyMismatch",
      /has changed/,
    );
    await fails(
      fetch({ identity }),
      "SecretInvalid",
      /known_hosts is missing/,
    );
    await fails(
      fetch(secret, `${server.url}/none`),
      "RepositoryNotFound",
      /does not appear to be a git repository/,
    );
    await using relay = startCuttingRelay(server.port, 8000);
    const noise = new Uint8Array(60_000);
    crypto.getRandomValues(noise);
    await repo.push({ "noise.yaml": noise.toHex() });
    await fails(
      fetch(
        { ...secret, known_hosts: server.knownHosts(relay.port) },
        server.url.replace(/\d+$/, String(relay.port)),
      ),
      "Unreachable",
      /Cannot fetch/,
    );
    await server[Symbol.asyncDispose]();
    await fails(fetch(secret), "Unreachable", /Connection refused/);
  },
});
