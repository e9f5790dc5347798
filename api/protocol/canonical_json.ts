/**
 * Canonical JSON: the one text of a value that hashes and signatures are made of.
 *
 * Source: RFC 8785, for the values that Faros signs (no NaN, no lone surrogates).
 *
 * @module
 */

/**
 * The RFC 8785 text of `value`: keys sorted by UTF-16 units, no spaces, fields that are undefined left out.
 *
 * @throws TypeError for what JSON has no form for: functions, symbols, BigInt, NaN and Infinity.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) {
        throw new TypeError(`Cannot write ${value} as canonical JSON`);
      }
      return JSON.stringify(value);
    case "object": {
      if (value === null) return "null";
      if (Array.isArray(value)) {
        return `[${value.map(canonicalJson).join(",")}]`;
      }
      let text = "";
      // By UTF-16 units, which is how sort() compares.
      for (const key of Object.keys(value).sort()) {
        const field = (value as Record<string, unknown>)[key];
        if (field === undefined) continue;
        if (text) text += ",";
        text += `${JSON.stringify(key)}:${canonicalJson(field)}`;
      }
      return `{${text}}`;
    }
    default:
      throw new TypeError(
        `Cannot write a ${typeof value} as canonical JSON`,
      );
  }
}

/** SHA-256 of `text` in UTF-8, in lower-case hex. */
export async function sha256Hex(
  data: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
