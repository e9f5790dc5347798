import { badRequest } from "../errors.ts";

/** Decides on a set of labels (or fields). */
export type Matcher = (values: Record<string, string>) => boolean;

const KEY =
  /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

const IDENTIFIER = /[^\s=!<>(),]+/y;
const OPERATORS = ["==", "!=", "!", "=", "<", ">", "(", ")", ","];
const BINARY = ["in", "notin", "=", "==", "!=", "gt", "lt"];

interface Token {
  /** `identifier`, `end`, an operator's own text, or undefined for what is none. */
  type: string | undefined;
  text: string;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    // The longest one comes first.
    const operator = OPERATORS.find((each) => text.startsWith(each, at));
    IDENTIFIER.lastIndex = at;
    const token = operator ?? IDENTIFIER.exec(text)![0];
    found.push({ type: operator ?? "identifier", text: token });
    at += token.length;
  }
  return found;
}

/**
 * Reads a label selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`, `a<1`, joined by commas.
 * The grammar and the errors are those of apimachinery's `labels.Parse`.
 *
 * @returns undefined where it is empty and so selects everything.
 * @throws 400 where it does not parse.
 */
export function labelSelector(text: string | null): Matcher | undefined {
  if (!text?.trim()) return undefined;
  const matchers = new Parser(text).parse();
  return (labels) => matchers.every((matches) => matches(labels));
}

class Parser {
  readonly #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokens(text);
  }

  parse(): Matcher[] {
    const matchers: Matcher[] = [];
    for (;;) {
      const { type, text } = this.#peek();
      if (type === "end") return matchers;
      if (type !== "identifier" && type !== "!") {
        throw badRequest(
          `found '${text}', expected: !, identifier, or 'end of string'`,
        );
      }
      matchers.push(this.#requirement());
      const next = this.#take();
      if (next.type === "end") return matchers;
      if (next.type !== ",") {
        throw badRequest(
          `found '${next.text}', expected: ',' or 'end of string'`,
        );
      }
      const after = this.#peek();
      if (after.type !== "identifier" && after.type !== "!") {
        throw badRequest(
          `found '${after.text}', expected: identifier after ','`,
        );
      }
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: "end", text: "" };
  }

  #take(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #requirement(): Matcher {
    const not = this.#peek().type === "!";
    if (not) this.#take();
    const { type, text: key } = this.#take();
    if (type !== "identifier") {
      throw wrong(`found '${key}', expected: identifier`);
    }
    checkKey(key);
    const next = this.#peek();
    if (not) return (labels) => labels[key] === undefined;
    if (next.type === "end" || next.type === ",") {
      return (labels) => labels[key] !== undefined;
    }
    const operator = this.#take().text;
    switch (operator) {
      case "in":
      case "notin": {
        const values = this.#values();
        for (const value of values) checkValue(key, value);
        return operator === "in"
          ? (labels) => labels[key] !== undefined && values.has(labels[key])
          : (labels) => labels[key] === undefined || !values.has(labels[key]);
      }
      case "=":
      case "==":
      case "!=": {
        const value = this.#exact();
        checkValue(key, value);
        return operator === "!="
          ? (labels) => labels[key] !== value
          : (labels) => labels[key] === value;
      }
      case "<":
      case ">":
        return this.#ordered(key, operator);
      default:
        throw wrong(`found '${operator}', expected: ${BINARY.join(", ")}`);
    }
  }

  #ordered(key: string, operator: "<" | ">"): Matcher {
    const value = this.#exact();
    if (!/^[-+]?\d+$/.test(value)) {
      throw wrong(
        `values[0][${key}]: Invalid value: ${
          JSON.stringify(value)
        }: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    const limit = Number(value);
    return (labels) => {
      const found = labels[key];
      if (found === undefined || !/^-?\d+$/.test(found)) return false;
      return operator === ">" ? Number(found) > limit : Number(found) < limit;
    };
  }

  /** `(a,b)`; what stands between commas may be empty. */
  #values(): Set<string> {
    const open = this.#take();
    if (open.type !== "(") throw wrong(`found '${open.text}' expected: '('`);
    const values = new Set<string>();
    const { type, text } = this.#peek();
    if (type === ")") {
      this.#take();
      return values.add("");
    }
    if (type !== "identifier" && type !== ",") {
      throw wrong(`found '${text}', expected: ',', ')' or identifier`);
    }
    for (let empty = true;;) {
      const { type, text } = this.#take();
      if (type === "identifier") {
        values.add(text);
        empty = false;
        const after = this.#peek();
        if (after.type !== "," && after.type !== ")") {
          throw wrong(`found '${after.text}', expected: ',' or ')'`);
        }
      } else if (type === ",") {
        if (empty || this.#peek().type === ")") values.add("");
        empty = true;
      } else if (type === ")") return values;
      else throw wrong(`found '${text}', expected: ',', or identifier`);
    }
  }

  #exact(): string {
    const { type } = this.#peek();
    if (type === "end" || type === ",") return "";
    const { type: found, text } = this.#take();
    if (found === "identifier") return text;
    throw wrong(`found '${text}', expected: identifier`);
  }
}

function wrong(why: string) {
  return badRequest(`unable to parse requirement: ${why}`);
}

function checkKey(key: string) {
  if (KEY.test(key)) return;
  throw wrong(
    `<nil>: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function checkValue(key: string, value: string) {
  if (VALUE.test(value)) return;
  throw wrong(
    `values[0][${key}]: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}
