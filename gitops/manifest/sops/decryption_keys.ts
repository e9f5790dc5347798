import type { PrivateKey } from "openpgp";
import type { Part } from "../layout.ts";

/** Someone's private keys that SOPS files may be encrypted for. */
export interface DecryptionKeys {
  /** Where they are from, for errors: `Secret faros-system/sops`. */
  from: string;
  /** Identities of age: `AGE-SECRET-KEY-1…`. Never to be shown. */
  age: string[];
  /** PGP keys that are not locked by a passphrase. */
  pgp: PrivateKey[];
}

/** Which keys serve which part of a repository. */
export interface KeyRing {
  /** Those of the part, and those of all. */
  keysOf(part: Part): DecryptionKeys;
}

/** A key of one part alone: `workspaces.factory-a.agekey`, `root.2026.asc`. */
const OF_A_PART =
  /^(?:root|workspaces\.([a-z0-9-]+))\.(?:.+\.)?(?:agekey|asc)$/;

/**
 * Reads private keys, as they stand in the files that `age-keygen` and
 * `gpg --export-secret-keys --armor` write.
 *
 * A key serves all of a repository. So who may change one workspace's folder
 * could read what is encrypted in another's, by a copy of the file: where that
 * must not be, a key is named `workspaces.NAME.agekey` (or `root.agekey`), and
 * serves that folder alone.
 *
 * @param files By name; `*.agekey` and `*.asc` are read, all else is left alone.
 * @throws where there is none, or one cannot be used; never with a key in the message
 */
export async function readDecryptionKeys(
  files: Record<string, string>,
  options: { from: string },
): Promise<KeyRing> {
  const { from } = options;
  const read: { name: string; age: string[]; pgp: PrivateKey[] }[] = [];
  for (const [name, text] of Object.entries(files)) {
    if (name.endsWith(".agekey")) {
      read.push({ name, age: readAge(text, { name, from }), pgp: [] });
    } else if (name.endsWith(".asc")) {
      read.push({ name, age: [], pgp: await readPgp(text, { name, from }) });
    }
  }
  if (read.length === 0) {
    throw new Error(
      `found ${
        Object.keys(files).join(", ") || "nothing"
      } in ${from}, expected a name that ends in .agekey (age) or .asc (PGP)`,
    );
  }
  return {
    keysOf(part) {
      const own = read.filter(({ name }) => {
        const match = OF_A_PART.exec(name);
        if (!match) return true;
        return part.scope === "root"
          ? match[1] === undefined
          : match[1] === part.workspace;
      });
      return {
        from,
        age: own.flatMap((key) => key.age),
        pgp: own.flatMap((key) => key.pgp),
      };
    },
  };
}

function readAge(text: string, of: { name: string; from: string }): string[] {
  const identities: string[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const word = line.trim();
    if (word === "" || word.startsWith("#")) continue;
    if (!/^AGE-SECRET-KEY-(1|PQ-1)[0-9A-Z]+$/.test(word)) {
      throw new Error(
        `line ${
          i + 1
        } of ${of.name} in ${of.from} is no private key of age, which starts with AGE-SECRET-KEY-1`,
      );
    }
    identities.push(word);
  }
  return identities;
}

async function readPgp(
  text: string,
  of: { name: string; from: string },
): Promise<PrivateKey[]> {
  // Loaded by those alone who need it: it is large.
  const { readPrivateKeys } = await import("openpgp");
  let keys: PrivateKey[];
  try {
    keys = await readPrivateKeys({ armoredKeys: text });
  } catch {
    // What the library says may quote the key.
    throw new Error(
      `${of.name} in ${of.from} is no PGP private key as gpg --export-secret-keys --armor writes it`,
    );
  }
  for (const key of keys) {
    if (!key.isDecrypted()) {
      throw new Error(
        `PGP key ${key.getFingerprint().toUpperCase()} of ${of.name} in ${of.from} is locked by a passphrase; export one without`,
      );
    }
  }
  return keys;
}
