import assert from "node:assert/strict";
import { goJsonError } from "./go_json_error.ts";

// What Go 1.26's json.Unmarshal answers.
const CASES: [string, string | undefined][] = [
  ['{"a": [1, -2.5e+3, "\\u00e4\\n", true, null, {}], "b": []}', undefined],
  ["", "unexpected end of JSON input"],
  ['{"a":', "unexpected end of JSON input"],
  ['"abc', "unexpected end of JSON input"],
  ["nope", "invalid character 'o' in literal null (expecting 'u')"],
  ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
  [
    '{"a":1,}',
    "invalid character '}' looking for beginning of object key string",
  ],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["{} x", "invalid character 'x' after top-level value"],
  ["01", "invalid character '1' after top-level value"],
  ["-x", "invalid character 'x' in numeric literal"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
];

Deno.test("goJsonError: the words of Go's decoder", () => {
  for (const [text, expected] of CASES) {
    assert.equal(goJsonError(text), expected, text);
  }
});

Deno.test("goJsonError: finds an error where JSON.parse does, and only there", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    '"a"',
    "1",
    "-",
    ".5",
    "e",
    "nul",
    "l",
  ];
  let seed = 7;
  const random = (n: number) =>
    (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  for (let i = 0; i < 5000; i++) {
    const text = Array.from(
      { length: 1 + random(6) },
      () => pieces[random(pieces.length)],
    ).join("");
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(goJsonError(text) === undefined, valid, text);
  }
});
