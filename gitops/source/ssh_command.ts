import type { WriteFile } from "./credentials.ts";
import type { Remote } from "./remote.ts";
import type { SecretData } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";

/**
 * How git is to call ssh: with that very key, to hosts of those very keys, and
 * nothing of the user's own set-up.
 *
 * @param options.secret `identity`, `known_hosts`, and `password` where the
 * identity is encrypted
 * @throws {SourceError} SecretInvalid
 */
export async function sshCommand(
  remote: Remote,
  options: { secret?: SecretData; file: WriteFile },
): Promise<{ env: Record<string, string>; redact: string[] }> {
  const { secret = {}, file } = options;
  for (const key of ["identity", "known_hosts"]) {
    if (!secret[key]?.trim()) {
      throw new SourceError(
        "SecretInvalid",
        `Cannot use ${remote.url}`,
        `ssh needs a Secret (spec.secretRef) with the keys identity (a private key) and known_hosts (lines of \`ssh-keyscan\`, checked by you); ${key} is missing`,
      );
    }
  }
  const ended = (text: string) => text.endsWith("\n") ? text : text + "\n";
  const identity = await file("identity", ended(secret.identity!));
  const hosts = await file("known_hosts", ended(secret.known_hosts!));
  const env: Record<string, string> = { GIT_SSH_VARIANT: "ssh" };
  const { password } = secret;
  if (password) {
    const path = await file("passphrase", ended(password));
    env.SSH_ASKPASS = await file(
      "askpass",
      `#!/bin/sh\nexec cat '${path}'\n`,
      0o700,
    );
    env.SSH_ASKPASS_REQUIRE = "force";
  }
  env.GIT_SSH_COMMAND = [
    "ssh",
    "-F /dev/null",
    `-i '${identity}'`,
    `-o UserKnownHostsFile='${hosts}'`,
    "-o GlobalKnownHostsFile=/dev/null",
    "-o StrictHostKeyChecking=yes",
    "-o UpdateHostKeys=no",
    "-o IdentitiesOnly=yes",
    "-o IdentityAgent=none",
    "-o PreferredAuthentications=publickey",
    // In this mode ssh asks for no passphrase either.
    `-o BatchMode=${password ? "no" : "yes"}`,
    "-o NumberOfPasswordPrompts=1",
    "-o ConnectTimeout=20",
    "-o ServerAliveInterval=15",
  ].join(" ");
  return { env, redact: password ? [password.trim()] : [] };
}
