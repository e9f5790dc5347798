import { createDecipheriv } from "node:crypto";

/** A value as SOPS writes it (github.com/getsops/sops, aes/cipher.go). */
const VALUE =
  /^ENC\[AES256_GCM,data:([^,]*),iv:([^,]+),tag:([^,]+),type:(\w+)\]$/;

/** A decrypted value. */
export interface SopsValue {
  value: string | number | boolean;
  /** What the MAC of the file is of. */
  bytes: Uint8Array;
}

/** Whether a text is an encrypted value. */
export function isSopsValue(text: string): boolean {
  return text.startsWith("ENC[AES256_GCM,");
}

/**
 * Decrypts a value.
 *
 * @param about What it is bound to: the path of a value, the time of a MAC.
 * @throws where it does not fit the key or the place; without the value
 */
export function decryptValue(
  text: string,
  options: { key: Uint8Array; about: string },
): SopsValue {
  const [, data, iv, tag, type] = VALUE.exec(text) ?? [];
  if (data === undefined) {
    throw new Error("it is not written as SOPS writes values");
  }
  let bytes: Uint8Array;
  try {
    const decipher = createDecipheriv(
      "aes-256-gcm",
      options.key,
      Uint8Array.fromBase64(iv!),
      { authTagLength: 16 },
    );
    decipher.setAAD(new TextEncoder().encode(options.about));
    decipher.setAuthTag(Uint8Array.fromBase64(tag!));
    bytes = new Uint8Array([
      ...decipher.update(Uint8Array.fromBase64(data)),
      ...decipher.final(),
    ]);
  } catch {
    throw new Error(
      "it was changed, or moved here from another place, after it was encrypted",
    );
  }
  const plain = new TextDecoder().decode(bytes);
  switch (type) {
    case "str":
    case "bytes":
    case "time":
      return { value: plain, bytes };
    case "int":
    case "float":
      return { value: Number(plain), bytes };
    case "bool":
      return { value: plain === "True" || plain === "true", bytes };
    default:
      throw new Error(`it is of the type ${type}, which is not known`);
  }
}
