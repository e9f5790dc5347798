const encoder = new TextEncoder();

/** What each byte does to the rest, by the polynomial of ISO 3309. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) {
    rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return rest;
});

/**
 * CRC-32 (that of zlib and Ethernet) of bytes, or of a text as UTF-8, that follow those which `before` is the CRC-32
 * of. That of `node:zlib` is quicker, but the modules which it brings take 3 MiB of each thread that loads it.
 */
export function crc32(value: string | Uint8Array, before = 0): number {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  let rest = ~before;
  for (let i = 0; i < bytes.length; i++) {
    rest = (rest >>> 8) ^ TABLE[(rest ^ bytes[i]!) & 0xff]!;
  }
  return ~rest >>> 0;
}
