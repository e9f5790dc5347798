import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { crc32 } from "./crc32.ts";

Deno.test("crc32() is zlib's, for bytes and texts, at once and in parts", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
  fc.assert(fc.property(
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
    (text, bytes) => {
      assert.equal(crc32(text), zlib.crc32(text));
      assert.equal(
        crc32(bytes, crc32(text)),
        zlib.crc32(bytes, zlib.crc32(text)),
      );
    },
  ));
});
