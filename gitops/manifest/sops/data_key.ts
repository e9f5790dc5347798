import type { DecryptionKeys } from "./decryption_keys.ts";

/** `sops:` of a file, as far as it is needed. */
export interface SopsMetadata {
  age?: { recipient?: string; enc?: string }[];
  pgp?: { fp?: string; enc?: string }[];
  key_groups?: unknown[];
  lastmodified?: string;
  mac?: string;
  mac_only_encrypted?: boolean;
}

/** Most keys that a file may be encrypted for: trying each takes its time. */
const MOST = 100;

/** Other services that keep the key of a file. */
const SERVICES = ["kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"];

/**
 * The key that the values of a file are encrypted with.
 *
 * @throws where none of `keys` opens it; never with a key in the message
 */
export async function dataKey(
  metadata: SopsMetadata,
  keys: DecryptionKeys,
): Promise<Uint8Array> {
  if (metadata.key_groups?.length) {
    throw new Error(
      "its key is shared among several groups of keys; encrypt it without key groups",
    );
  }
  const { age = [], pgp = [] } = metadata;
  if (age.length + pgp.length > MOST) {
    throw new Error(`it is encrypted for more than ${MOST} keys`);
  }
  for (const { enc } of age) {
    const key = enc && await openAge(enc, keys.age);
    if (key) return key;
  }
  for (const { enc } of pgp) {
    const key = enc && await openPgp(enc, keys);
    if (key) return key;
  }
  const recipients = [
    ...age.map((entry) => entry.recipient ?? "an age key"),
    ...pgp.map((entry) => `PGP ${entry.fp ?? "key"}`),
  ];
  if (recipients.length === 0) {
    const services = SERVICES.filter((name) => name in metadata);
    throw new Error(
      `it is encrypted by ${
        services.join(", ") || "no known service"
      }, and there is no age or PGP key in it; encrypt it for one too`,
    );
  }
  throw new Error(
    `it is encrypted for ${
      recipients.join(", ")
    }, and none of the keys in ${keys.from} is one of these; add the private key, or encrypt it with sops updatekeys for one that is there`,
  );
}

async function openAge(
  enc: string,
  identities: string[],
): Promise<Uint8Array | undefined> {
  if (identities.length === 0) return undefined;
  const { armor, Decrypter } = await import("age-encryption");
  for (const identity of identities) {
    try {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      return checked(await decrypter.decrypt(armor.decode(enc)));
    } catch {
      // Another one may fit.
    }
  }
}

async function openPgp(
  enc: string,
  keys: DecryptionKeys,
): Promise<Uint8Array | undefined> {
  if (keys.pgp.length === 0) return undefined;
  const { decrypt, readMessage } = await import("openpgp");
  try {
    const message = await readMessage({ armoredMessage: enc });
    const { data } = await decrypt({
      message,
      decryptionKeys: keys.pgp,
      format: "binary",
      // A key is 32 bytes: what grows when it is unpacked is none.
      config: { maxDecompressedMessageSize: 4096 },
    });
    return checked(data);
  } catch {
    return undefined;
  }
}

function checked(key: Uint8Array): Uint8Array {
  if (key.length !== 32) throw new Error("no key of AES-256");
  return key;
}
