import type { PrivateKey } from "openpgp";

/** Someone's private keys that SOPS files may be encrypted for. */
export interface DecryptionKeys {
  /** Where they are from, for errors: `Secret faros-system/sops`. */
  from: string;
  /** Identities of age: `AGE-SECRET-KEY-1…`. Never to be shown. */
  age: string[];
  /** PGP keys that are not locked by a passphrase. */
  pgp: PrivateKey[];
}

/**
 * Reads private keys, as they stand in the files that `age-keygen` and
 * `gpg --export-secret-keys --armor` write.
 *
 * @param files By name; `*.agekey` and `*.asc` are read, all else is left alone.
 * @throws where there is none, or one cannot be used; never with a key in the message
 */
export async function readDecryptionKeys(
  files: Record<string, string>,
  options: { from: string },
): Promise<DecryptionKeys> {
  const { from } = options;
  const keys: DecryptionKeys = { from, age: [], pgp: [] };
  for (const [name, text] of Object.entries(files)) {
    if (name.endsWith(".agekey")) keys.age.push(...readAge(name, text, from));
    if (name.endsWith(".asc")) {
      keys.pgp.push(...await readPgp(name, text, from));
    }
  }
  if (keys.age.length + keys.pgp.length === 0) {
    throw new Error(
      `Cannot decrypt by ${from}: found ${
        Object.keys(files).join(", ") || "nothing"
      } in it, expected a name that ends in .agekey (age) or .asc (PGP)`,
    );
  }
  return keys;
}

function readAge(name: string, text: string, from: string): string[] {
  const identities: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) continue;
    if (!/^AGE-SECRET-KEY-(1|PQ-1)[0-9A-Z]+$/.test(word)) {
      throw new Error(
        `Cannot decrypt by ${name} of ${from}: line ${
          i + 1
        } is no private key of age, which starts with AGE-SECRET-KEY-1`,
      );
    }
    identities.push(word);
  }
  return identities;
}

async function readPgp(
  name: string,
  text: string,
  from: string,
): Promise<PrivateKey[]> {
  // Loaded by those alone who need it: it is large.
  const { readPrivateKeys } = await import("openpgp");
  let keys: PrivateKey[];
  try {
    keys = await readPrivateKeys({ armoredKeys: text });
  } catch {
    // What the library says may quote the key.
    throw new Error(
      `Cannot decrypt by ${name} of ${from}: it is no PGP private key as gpg --export-secret-keys --armor writes it`,
    );
  }
  for (const key of keys) {
    if (!key.isDecrypted()) {
      throw new Error(
        `Cannot decrypt by ${name} of ${from}: PGP key ${key.getFingerprint().toUpperCase()} is locked by a passphrase; export one without`,
      );
    }
  }
  return keys;
}
