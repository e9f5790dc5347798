/**
 * Signatures made by the real gpg and ssh-keygen.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { RefSpec } from "./ref.ts";
import type { SecretData } from "./secret_data.ts";
import { fetchSource, type SourceSpec } from "./source.ts";
import { SourceError } from "./source_error.ts";
import { makeRepository, type TestRepository } from "./testing/repository.ts";
import { makeSshKey, which } from "./testing/ssh_server.ts";

const noSsh = await which("ssh-keygen") ? "" : ": skipped, no ssh-keygen";
const noGpg = await which("gpg") ? "" : ": skipped, no gpg";

type Verify = SourceSpec["verify"];

function fetcher(repo: TestRepository) {
  return (verify: Verify, ref?: RefSpec) =>
    fetchSource({ url: repo.path, ref, verify }, {
      stateDir: `${repo.dir}/state`,
      name: "fleet",
      select: () => true,
    });
}

function fails(work: Promise<unknown>, reason: string, message: RegExp) {
  return assert.rejects(work, (error) => {
    assert.ok(error instanceof SourceError, String(error));
    assert.match(error.message, message);
    assert.equal(error.reason, reason, error.message);
    return true;
  });
}

Deno.test({
  name: `verify: SSH keys, commits and tags${noSsh}`,
  ignore: noSsh !== "",
  async fn() {
    await using repo = await makeRepository();
    const ada = await makeSshKey(`${repo.dir}/ada`);
    const eve = await makeSshKey(`${repo.dir}/eve`);
    const secret: SecretData = {
      "ada.pub": await Deno.readTextFile(`${ada}.pub`),
    };
    const fetch = fetcher(repo);
    const { git } = repo;
    await git("config", "gpg.format", "ssh");
    await git("config", "user.signingKey", ada);
    const signed = await repo.push({ "a.yaml": "a: 1\n" }, { args: ["-S"] });
    const { tree, verification } = await fetch({ secret });
    assert.equal(tree.commit, signed);
    assert.match(
      verification!.message,
      /^commit [0-9a-f]{12}: Good "git" signature for ada\.pub with ED25519 key SHA256:/,
    );
    await fails(
      fetch({
        secret: { "eve.pub": await Deno.readTextFile(`${eve}.pub`) },
      }),
      "VerificationFailed",
      /not signed by a key of the Secret: .*No principal matched/i,
    );
    const key = secret["ada.pub"]!.split(" ").slice(0, 2).join(" ");
    const signers = { allowed_signers: `ada@example.org ${key}\n` };
    const named = await fetch({ secret: signers });
    assert.match(named.verification!.message, /for ada@example\.org with/);
    await fails(
      fetch({
        secret: {
          allowed_signers: `ada@example.org valid-before="20010101" ${key}\n`,
        },
      }),
      "VerificationFailed",
      /not signed by a key/,
    );

    // Tags: the unsigned commit of a signed tag, and the other way round.
    const unsigned = await repo.push({ "a.yaml": "a: 2\n" });
    await git("tag", "-s", "-m", "signed", "v1.0.0");
    await git("tag", "-a", "-m", "unsigned", "v1.1.0", signed);
    await git("tag", "light", signed);
    await git("tag", "-s", "-m", "both", "v2.0.0", signed);
    await git("push", "-q", repo.path, "--tags");
    await fails(fetch({ secret }), "VerificationFailed", /it is not signed/);
    const tag = (tag: string) => ({ tag });
    const byTag = await fetch({ secret, mode: "Tag" }, { semver: "1.0.x" });
    assert.equal(byTag.tree.commit, unsigned);
    assert.match(byTag.verification!.message, /^tag v1\.0\.0: Good/);
    const both = { secret, mode: "TagAndHEAD" as const };
    const byBoth = await fetch(both, tag("v2.0.0"));
    assert.match(byBoth.verification!.message, /^tag v2.*; commit .*Good/);
    await fails(
      fetch(both, tag("v1.0.0")),
      "VerificationFailed",
      /Cannot verify commit .*: it is not signed/,
    );
    await fails(
      fetch(both, tag("v1.1.0")),
      "VerificationFailed",
      /Cannot verify tag v1\.1\.0: it is not signed/,
    );
    await fails(
      fetch({ secret, mode: "Tag" }, tag("light")),
      "VerificationFailed",
      /lightweight tag/,
    );
    // A signed tag in the place of another.
    await git("update-ref", "refs/tags/v3.0.0", "refs/tags/v1.0.0");
    await git("push", "-q", repo.path, "--tags");
    await fails(
      fetch({ secret, mode: "Tag" }, tag("v3.0.0")),
      "VerificationFailed",
      /its object is that of tag "v1\.0\.0"/,
    );
    await fails(
      fetch({ secret, mode: "Tag" }),
      "SpecInvalid",
      /mode Tag needs a tag to follow/,
    );

    // What was fetched without a signature does not pass when one is asked for.
    const before = await fetch(undefined);
    await fails(
      fetchSource({ url: repo.path, verify: { secret } }, {
        stateDir: `${repo.dir}/state`,
        name: "fleet",
        select: () => true,
        previous: before,
      }),
      "VerificationFailed",
      /not signed/,
    );
    // A signature of another commit.
    const raw = await git("cat-file", "commit", signed);
    await Deno.writeTextFile(
      `${repo.dir}/forged`,
      raw.replace(/\n\nx$/, "\n\nforged\n"),
    );
    const forged = await git(
      ...["hash-object", "-t", "commit", "-w", `${repo.dir}/forged`],
    );
    await git("push", "-q", "-f", repo.path, `${forged}:refs/heads/forged`);
    await fails(
      fetch({ secret }, { branch: "forged" }),
      "VerificationFailed",
      /not signed by a key/,
    );

    const invalid: [SecretData, RegExp][] = [
      [{}, /takes OpenPGP and SSH public keys/],
      [{ a: "hello" }, /its a is neither/],
      [{ a: await Deno.readTextFile(ada) }, /its a is a private key/],
    ];
    for (const [secret, message] of invalid) {
      await fails(fetch({ secret }), "SecretInvalid", message);
    }
    assert.deepEqual(
      [...Deno.readDirSync(`${repo.dir}/state/credentials`)],
      [],
      "keys are left behind",
    );
  },
});

Deno.test({
  name: `verify: OpenPGP keys${noGpg}`,
  ignore: noGpg !== "",
  async fn() {
    await using repo = await makeRepository();
    // Its agent makes a socket there, and paths of sockets are short.
    const home = await Deno.makeTempDir({ prefix: "gpg-" });
    const gpg = async (...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command("gpg", {
        args: ["--homedir", home, "--batch", "--quiet", ...args],
      }).output();
      const text = new TextDecoder();
      assert.ok(success, text.decode(stderr));
      return text.decode(stdout);
    };
    try {
      for (const name of ["ada", "eve"]) {
        await gpg(
          ...["--passphrase", "", "--quick-generate-key"],
          ...[`${name}@example.org`, "ed25519", "sign", "1d"],
        );
      }
      const key = (name: string) =>
        gpg("--armor", "--export", `${name}@example.org`);
      const secret = {
        "ada.asc": await key("ada"),
        "eve.asc": await key("eve"),
      };
      const fetch = fetcher(repo);
      await Deno.writeTextFile(
        `${repo.dir}/gpg`,
        `#!/bin/sh\nexec gpg --homedir '${home}' "$@"\n`,
        { mode: 0o755 },
      );
      await repo.git("config", "gpg.program", `${repo.dir}/gpg`);
      await repo.git("config", "user.signingKey", "ada@example.org");
      const signed = await repo.push({ "a.yaml": "" }, { args: ["-S"] });
      const { tree, verification } = await fetch({ secret });
      assert.equal(tree.commit, signed);
      assert.match(
        verification!.message,
        /Good signature from "ada@example\.org".* using EDDSA key [0-9A-F]{40}/,
      );
      await fails(
        fetch({ secret: { "eve.asc": secret["eve.asc"] } }),
        "VerificationFailed",
        /not signed by a key of the Secret: .*No public key/,
      );
      await fails(
        fetch({ secret: { "ada.asc": secret["ada.asc"].slice(0, 200) } }),
        "SecretInvalid",
        /its ada\.asc is neither/,
      );
      await repo.push({ "a.yaml": "a: 1\n" });
      await fails(fetch({ secret }), "VerificationFailed", /is not signed/);
      // A key of a day in 2020, and what it signed on that day: hours later,
      // since that time runs on while a busy machine makes a key.
      const then = (hour: string) => [
        "--faked-system-time",
        `20200101T${hour}0000`,
      ];
      await gpg(
        ...then("12"),
        ...["--passphrase", "", "--quick-generate-key"],
        ...["old@example.org", "ed25519", "sign", "1d"],
      );
      await Deno.writeTextFile(
        `${repo.dir}/gpg`,
        `#!/bin/sh\nexec gpg --homedir '${home}' ${
          then("18").join(" ")
        } "$@"\n`,
      );
      await repo.git("config", "user.signingKey", "old@example.org");
      await repo.push({ "a.yaml": "a: 2\n" }, { args: ["-S"] });
      await fails(
        fetch({ secret: { "old.asc": await key("old") } }),
        "VerificationFailed",
        /not signed by a key of the Secret: .*expired/i,
      );
    } finally {
      await new Deno.Command("gpgconf", {
        args: ["--homedir", home, "--kill", "all"],
      }).output().catch(() => {});
      await Deno.remove(home, { recursive: true });
    }
  },
});
