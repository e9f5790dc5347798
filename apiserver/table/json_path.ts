import { deepEqual } from "../schema/deep_equal.ts";
import type { Json } from "../types.ts";

/** Finds the values that a path leads to. */
export type JsonPath = (root: Json | undefined) => Json[];

/** One step of a path. */
type Step = (values: Json[], root: Json) => Json[];

const compiled = new Map<string, JsonPath>();

/**
 * Compiles a path in kubectl's dialect, without the braces: `.status.conditions[?(@.type=="Ready")].status`,
 * `.spec['a.b']`, `.items[0]`, `[-1]`, `[0:2]`, `[*]`, `..name`. Compiled once per path.
 *
 * @throws {SyntaxError} where the path is malformed.
 */
export function jsonPath(path: string): JsonPath {
  let found = compiled.get(path);
  if (!found) {
    const steps = new Parser(path.replace(/^\{(.*)\}$/s, "$1")).steps();
    found = (root) =>
      root === undefined
        ? []
        : steps.reduce((values, step) => step(values, root), [root]);
    if (compiled.size > 10_000) compiled.clear();
    compiled.set(path, found);
  }
  return found;
}

function isObject(value: Json): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function child(name: string): Step {
  return (values) =>
    values.flatMap((v) =>
      isObject(v) && Object.hasOwn(v, name) && v[name] !== undefined
        ? [v[name]]
        : []
    );
}

const wildcard: Step = (values) =>
  values.flatMap((v) =>
    Array.isArray(v) ? v : isObject(v) ? Object.values(v) : []
  );

const descend: Step = (values) => {
  const out: Json[] = [];
  const visit = (value: Json) => {
    out.push(value);
    for (const sub of wildcard([value], value)) visit(sub);
  };
  values.forEach(visit);
  return out;
};

function slice(from: number, to: number | undefined, by: number): Step {
  return (values) =>
    values.flatMap((v) =>
      Array.isArray(v) ? v.slice(from, to).filter((_, i) => i % by === 0) : []
    );
}

function index(at: number): Step {
  return (values) =>
    values.flatMap((v) => {
      const item = Array.isArray(v) ? v.at(at) : undefined;
      return item === undefined ? [] : [item];
    });
}

type Operand = (item: Json, root: Json) => Json[];

function compare(operator: string, left: Json, right: Json): boolean {
  switch (operator) {
    case "==":
      return deepEqual(left, right);
    case "!=":
      return !deepEqual(left, right);
  }
  if (typeof left !== typeof right || left === null || right === null) {
    return false;
  }
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

class Parser {
  #at = 0;
  constructor(readonly text: string) {}

  steps(until = ""): Step[] {
    const steps: Step[] = [];
    while (this.#at < this.text.length) {
      const rest = this.text.slice(this.#at);
      if (until && until.includes(rest[0]!)) break;
      if (rest.startsWith("..")) {
        steps.push(descend);
        this.#at++;
      } else if (rest[0] === ".") {
        const name = /^\.((?:\\.|[^.[\]\s()=!<>&|])*)/.exec(rest)!;
        this.#at += name[0].length;
        const key = name[1]!.replace(/\\(.)/g, "$1");
        if (key === "*") steps.push(wildcard);
        else if (key) steps.push(child(key));
      } else if (rest[0] === "[") steps.push(this.#bracket());
      else if (rest[0] === "@" || rest[0] === "$") this.#at++;
      else if (!steps.length && /^[\w-]/.test(rest)) {
        const [name] = /^[^.[\]\s]+/.exec(rest)!;
        this.#at += name.length;
        steps.push(child(name));
      } else throw this.#error();
    }
    return steps;
  }

  #error(): SyntaxError {
    return new SyntaxError(
      `unrecognized JSONPath ${JSON.stringify(this.text)} at ${this.#at}`,
    );
  }

  #bracket(): Step {
    const rest = this.text.slice(this.#at);
    if (rest.startsWith("[?(")) return this.#filter();
    const name = /^\[\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)")\s*\]/
      .exec(rest);
    if (name) {
      this.#at += name[0].length;
      return child((name[1] ?? name[2])!.replace(/\\(.)/g, "$1"));
    }
    if (/^\[\s*\*\s*\]/.test(rest)) {
      this.#at += rest.indexOf("]") + 1;
      return wildcard;
    }
    const range = /^\[\s*(-?\d*)\s*(?::\s*(-?\d*)\s*(?::\s*(\d+)\s*)?)?\]/
      .exec(rest);
    if (!range) throw this.#error();
    this.#at += range[0].length;
    if (range[2] === undefined) {
      if (!range[1]) throw this.#error();
      return index(Number(range[1]));
    }
    return slice(
      Number(range[1] || 0),
      range[2] ? Number(range[2]) : undefined,
      Number(range[3] || 1),
    );
  }

  #filter(): Step {
    this.#at += 3;
    const left = this.#operand();
    this.#space();
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.text.slice(this.#at))?.[0];
    let right: Operand | undefined;
    if (operator) {
      this.#at += operator.length;
      right = this.#operand();
      this.#space();
    }
    if (!this.text.startsWith(")]", this.#at)) throw this.#error();
    this.#at += 2;
    return (values, root) =>
      values.flatMap((value) => {
        const items = Array.isArray(value)
          ? value
          : isObject(value)
          ? Object.values(value)
          : [];
        return items.filter((item) => {
          const [a] = left(item, root);
          if (!right) return a !== undefined;
          const [b] = right(item, root);
          return a !== undefined && b !== undefined &&
            compare(operator!, a, b);
        });
      });
  }

  #space(): void {
    while (this.text[this.#at] === " ") this.#at++;
  }

  #operand(): Operand {
    this.#space();
    const rest = this.text.slice(this.#at);
    if (rest[0] === "@" || rest[0] === "$") {
      const fromRoot = rest[0] === "$";
      this.#at++;
      const steps = this.steps(" =!<>)");
      return (item, root) =>
        steps.reduce((v, step) => step(v, root), [fromRoot ? root : item]);
    }
    const literal =
      /^(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|(-?\d+(?:\.\d+)?)|(true|false))/
        .exec(rest);
    if (!literal) throw this.#error();
    this.#at += literal[0].length;
    const [, single, double, number, bool] = literal;
    const value: Json = number !== undefined
      ? Number(number)
      : bool !== undefined
      ? bool === "true"
      : (single ?? double)!.replace(/\\(.)/g, "$1");
    return () => [value];
  }
}
