import { GitConfig } from "./git_config.ts";
import type { Tip } from "./ref.ts";
import { GitError, runGit, runGitVerbosely } from "./run_git.ts";
import type { SecretData } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";
import { parseVerificationKeys } from "./verification_keys.ts";

/** What has to be signed: the commit, the tag it was found by, or both. */
export type VerificationMode = "HEAD" | "Tag" | "TagAndHEAD";

/** Options of {@linkcode verifySource}. */
export interface VerifySourceOptions {
  mode: VerificationMode;
  /** Of `spec.verify.secretRef`. */
  secret: SecretData;
  gitDir: string;
  commit: string;
  tip: Tip;
  /** Where the keys are put while it works, in a folder of its own. */
  dir: string;
  signal?: AbortSignal;
}

/** Who signed. */
export interface Verification {
  /** `commit 1a2b…: Good "git" signature for ada with ED25519 key SHA256:…` */
  message: string;
}

/**
 * Checks that the commit, the tag or both are signed by one of the keys, by
 * `git verify-commit` and `git verify-tag`, which run gpg and ssh-keygen.
 *
 * @throws {SourceError} VerificationFailed; ProgramMissing where gpg or
 * ssh-keygen is
 */
export async function verifySource(
  options: VerifySourceOptions,
): Promise<Verification> {
  const { mode, tip, commit, signal } = options;
  const keys = parseVerificationKeys(options.secret);
  const isTag = tip.ref.startsWith("refs/tags/");
  if (mode !== "HEAD" && !isTag) {
    throw new SourceError(
      "SpecInvalid",
      `Cannot verify ${tip.ref}`,
      `spec.verify.mode ${mode} needs a tag to follow (spec.ref.tag or semver)`,
    );
  }
  await Deno.mkdir(options.dir, { recursive: true, mode: 0o700 });
  const dir = await Deno.makeTempDir({ dir: options.dir, prefix: "keys-" });
  try {
    // gpg takes a keyring of this name as it is: nothing has to be imported.
    await Deno.writeFile(`${dir}/pubring.gpg`, keys.pgp, { mode: 0o600 });
    await Deno.writeTextFile(
      `${dir}/gpg.conf`,
      "no-auto-key-retrieve\nno-autostart\ndisable-dirmngr\ntrust-model always\n",
    );
    await Deno.writeTextFile(`${dir}/allowed_signers`, keys.ssh);
    const config = new GitConfig();
    config.set("gpg.ssh", "allowedSignersFile", `${dir}/allowed_signers`);
    // X.509 signatures are none that count.
    config.set("gpg.x509", "program", "false");
    await Deno.writeTextFile(`${dir}/config`, config.toString());
    const env = {
      GNUPGHOME: dir,
      GIT_CONFIG_GLOBAL: `${dir}/config`,
      GIT_NO_LAZY_FETCH: "1",
    };
    const of = { ...options, env };
    const said: string[] = [];
    if (mode !== "HEAD") {
      await checkTag(tip, { gitDir: options.gitDir, signal });
      const name = tip.ref.slice("refs/tags/".length);
      said.push(await verify(["verify-tag", tip.oid], `tag ${name}`, of));
    }
    if (mode !== "Tag") {
      const name = `commit ${commit.slice(0, 12)}`;
      said.push(await verify(["verify-commit", commit], name, of));
    }
    return { message: said.join("; ") };
  } finally {
    await Deno.remove(dir, { recursive: true }).catch(() => {});
  }
}

async function verify(
  args: [command: string, oid: string],
  name: string,
  options: VerifySourceOptions & { env: Record<string, string> },
): Promise<string> {
  const { gitDir, env, signal } = options;
  try {
    const { stderr } = await runGitVerbosely(args, {
      what: `Cannot verify ${name}`,
      gitDir,
      env,
      signal,
    });
    return `${name}: ${telling(stderr)}`;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    signal?.throwIfAborted();
    const what = `Cannot verify ${name}`;
    if (error.reason === "ProgramMissing") {
      throw new SourceError(
        "ProgramMissing",
        what,
        "gpg (for OpenPGP) and ssh-keygen (for SSH signatures) have to be on the PATH of the hub",
      );
    }
    if (error.reason === "Timeout") throw error;
    const isUnsigned = /^git ended with code|no signature found/.test(
      error.detail,
    );
    throw new SourceError(
      "VerificationFailed",
      what,
      isUnsigned
        ? "it is not signed"
        : `it is not signed by a key of the Secret: ${error.detail}`,
    );
  }
}

/** A tag's object says its name: a signed tag must not stand in the place of another. */
async function checkTag(
  tip: Tip,
  options: { gitDir: string; signal?: AbortSignal },
): Promise<void> {
  const name = tip.ref.slice("refs/tags/".length);
  const what = `Cannot verify tag ${name}`;
  const failed = (found: string) =>
    new SourceError("VerificationFailed", what, found);
  const read = async (command: string) =>
    new TextDecoder().decode(
      await runGit(["cat-file", command, tip.oid], { what, ...options }),
    );
  if ((await read("-t")).trim() !== "tag") {
    throw failed("it is a lightweight tag, which cannot be signed");
  }
  const own = /^tag (.*)$/m.exec((await read("-p")).split("\n\n")[0]!)?.[1];
  if (own !== name) {
    throw failed(`its object is that of tag ${JSON.stringify(own)}`);
  }
}

/** Of what gpg and ssh-keygen say, the line that says who. */
function telling(stderr: string): string {
  const lines = stderr.split("\n").map((line) =>
    line.replace(/^gpg:\s*/, "").trim()
  );
  const by = lines.find((line) => /^using \S+ key /.test(line));
  const good = lines.find((line) => /^Good /.test(line)) ?? "good signature";
  return by ? `${good} ${by}` : good;
}
