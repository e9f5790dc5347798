/**
 * Why a text is not JSON, in the words of Go's `encoding/json`.
 *
 * @module
 */
const LITERALS = ["true", "false", "null"];

class Scanner {
  at = 0;
  constructor(readonly text: string) {}

  /** The error of what stands here; at the end of the text always the same. */
  fail(context: string): never {
    if (this.at >= this.text.length) {
      throw new Error("unexpected end of JSON input");
    }
    const character = String.fromCodePoint(this.text.codePointAt(this.at)!);
    throw new Error(`invalid character ${quote(character)} ${context}`);
  }

  space() {
    while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at++;
  }

  value() {
    this.space();
    const first = this.text[this.at] ?? "";
    if (first === "{") return this.object();
    if (first === "[") return this.array();
    if (first === '"') return this.string();
    if (/[-\d]/.test(first)) return this.number();
    const literal = LITERALS.find((each) => each[0] === first);
    if (!literal) this.fail("looking for beginning of value");
    for (const expected of literal) {
      if (this.text[this.at] !== expected) {
        this.fail(`in literal ${literal} (expecting ${quote(expected)})`);
      }
      this.at++;
    }
  }

  object() {
    this.at++;
    this.space();
    if (this.text[this.at] === "}") return void this.at++;
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') {
        this.fail("looking for beginning of object key string");
      }
      this.string();
      this.space();
      if (this.text[this.at] !== ":") this.fail("after object key");
      this.at++;
      this.value();
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "}") {
        this.fail("after object key:value pair");
      }
      this.at++;
      if (next === "}") return;
    }
  }

  array() {
    this.at++;
    this.space();
    if (this.text[this.at] === "]") return void this.at++;
    for (;;) {
      this.value();
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "]") this.fail("after array element");
      this.at++;
      if (next === "]") return;
    }
  }

  string() {
    this.at++;
    for (;;) {
      const character = this.text[this.at];
      if (character === undefined || character < " ") {
        this.fail("in string literal");
      }
      this.at++;
      if (character === '"') return;
      if (character !== "\\") continue;
      const escape = this.text[this.at] ?? "";
      if (escape === "u") {
        this.at++;
        for (let i = 0; i < 4; i++, this.at++) {
          if (!/[\da-fA-F]/.test(this.text[this.at] ?? "")) {
            this.fail("in \\u hexadecimal character escape");
          }
        }
      } else if (escape !== "" && '"\\/bfnrt'.includes(escape)) this.at++;
      else this.fail("in string escape code");
    }
  }

  number() {
    if (this.text[this.at] === "-") this.at++;
    if (this.text[this.at] === "0") this.at++;
    else this.digits("in numeric literal");
    if (this.text[this.at] === ".") {
      this.at++;
      this.digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.text[this.at] ?? "")) {
      this.at++;
      if (/[-+]/.test(this.text[this.at] ?? "")) this.at++;
      this.digits("in exponent of numeric literal");
    }
  }

  digits(context: string) {
    if (!/\d/.test(this.text[this.at] ?? "")) this.fail(context);
    while (/\d/.test(this.text[this.at] ?? "")) this.at++;
  }
}

function quote(character: string): string {
  if (character === "'") return `'\\''`;
  if (character === '"') return `'"'`;
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

/** The error of Go's decoder for a text that is not JSON; undefined for one that is. Not for deep nesting. */
export function goJsonError(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.value();
    scanner.space();
    if (scanner.at < text.length) scanner.fail("after top-level value");
  } catch (error) {
    return (error as Error).message;
  }
}
