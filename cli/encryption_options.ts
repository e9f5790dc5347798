import type { EncryptionOptions } from "../apiserver/mod.ts";
import type { Io } from "./io.ts";

const VARIABLE = "FAROS_ENCRYPTION_KEYS";

/** Flags of commands that open a data folder. */
export const encryptionOptions = {
  "encryption-key-file": {
    type: "string",
    value: "FILE",
    description:
      `Encrypt Secrets on the disk with the first key in FILE, one a line in base64; later lines only decrypt [or: ${VARIABLE}]`,
  },
  encrypt: {
    type: "string",
    value: "RESOURCE",
    multiple: true,
    description:
      "What to encrypt, instead of secrets: RESOURCE or RESOURCE.GROUP",
  },
} as const;

/** The same for commands that only read one. */
export const decryptionOptions = {
  "encryption-key-file": {
    ...encryptionOptions["encryption-key-file"],
    description:
      `Look into what is encrypted on the disk, by the keys in FILE, one a line in base64 [or: ${VARIABLE}]`,
  },
} as const;

/** What the flags and the environment say of encryption; undefined where they say nothing. */
export async function encryptionOf(
  options: { "encryption-key-file": string | undefined; encrypt?: string[] },
  io: Pick<Io, "env">,
): Promise<EncryptionOptions | undefined> {
  const file = options["encryption-key-file"];
  const resources = options.encrypt?.length ? options.encrypt : undefined;
  if (file !== undefined) {
    const keys = await Deno.readTextFile(file).catch((error) => {
      throw new Error(
        `Cannot read the encryption keys (--encryption-key-file ${file})`,
        { cause: error },
      );
    });
    return { keys, source: file, resources };
  }
  const keys = io.env(VARIABLE);
  return keys ? { keys, source: VARIABLE, resources } : undefined;
}
