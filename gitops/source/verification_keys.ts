import type { SecretData } from "./secret_data.ts";
import { keysOf } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";

/** Whose signatures count, as gpg and ssh-keygen take it. */
export interface VerificationKeys {
  /** A keyring: OpenPGP packets, one key after the other; empty where there is none. */
  pgp: Uint8Array;
  /** An allowed_signers file; empty where there is none. */
  ssh: string;
}

const BLOCK =
  /-----BEGIN PGP PUBLIC KEY BLOCK-----([\s\S]*?)-----END PGP PUBLIC KEY BLOCK-----/g;
const SSH_KEY = /^(ssh-|ecdsa-|sk-)\S+\s+[A-Za-z0-9+/=]+/;

/**
 * Reads the Secret of `spec.verify`: armored OpenPGP public keys and SSH
 * public keys under any name (that of an SSH key is who it is in messages),
 * and `allowed_signers` as ssh-keygen has it.
 *
 * @throws {SourceError} SecretInvalid
 */
export function parseVerificationKeys(secret: SecretData): VerificationKeys {
  const bad = (found: string) =>
    new SourceError(
      "SecretInvalid",
      "Cannot use the Secret of spec.verify",
      found,
    );
  const pgp: Uint8Array[] = [];
  const ssh: string[] = [];
  for (const [name, content] of Object.entries(secret)) {
    if (/PRIVATE KEY/.test(content)) {
      throw bad(`its ${name} is a private key; it takes public keys only`);
    }
    if (name === "allowed_signers") {
      ssh.push(content);
      continue;
    }
    const blocks = [...content.matchAll(BLOCK)];
    if (blocks.length) {
      for (const [, block = ""] of blocks) {
        try {
          pgp.push(dearmor(block));
        } catch {
          throw bad(`its ${name} is a damaged OpenPGP key`);
        }
      }
      continue;
    }
    const lines = content.split(/\r?\n/).map((line) => line.trim())
      .filter((line) => line && !line.startsWith("#"));
    if (!lines.length || !lines.every((line) => SSH_KEY.test(line))) {
      throw bad(
        `its ${name} is neither an armored OpenPGP public key nor an SSH public key`,
      );
    }
    // The principal of a signature is then the name of the key.
    ssh.push(...lines.map((line) => `${name} namespaces="git" ${line}`));
  }
  if (!pgp.length && !ssh.length) {
    throw bad(
      `it takes OpenPGP and SSH public keys, or allowed_signers; found ${
        keysOf(secret)
      }`,
    );
  }
  return { pgp: concat(pgp), ssh: ssh.length ? ssh.join("\n") + "\n" : "" };
}

/** The packets in an armor (RFC 9580, 6.2), less its headers and checksum. */
function dearmor(block: string): Uint8Array {
  const lines = block.split(/\r?\n/).map((line) => line.trim());
  // Headers end with an empty line; the first is what follows the BEGIN line.
  const start = lines.indexOf("", 1) + 1;
  const body = lines.slice(start).filter((line) =>
    line && !line.startsWith("=")
  );
  const bytes = Uint8Array.fromBase64(body.join(""));
  if (bytes.length === 0) throw new TypeError("no packets");
  return bytes;
}

function concat(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
