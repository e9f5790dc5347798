/**
 * Macros that the library lacks: those with two variables, index and item of a list, key and value of a map (cel-go's
 * `ext.TwoVarComprehensions`), and `sortBy`. Expressions are written anew by the macros with one variable, over entries.
 *
 * @module
 */
import type { Environment } from "@marcbachmann/cel-js";
import type { Node } from "./cel_estimate.ts";

/** A wrong expression, and where in it. */
export class CelSourceError extends Error {
  constructor(message: string, readonly at: number) {
    super(message);
  }
}

/** What stands for an entry. */
const ENTRY = "__entry";

/** Macros by name, as what is made of entries; `filters`: with a condition before the last operand as well. */
const MACROS: Record<string, { filters: boolean; as: string; then: string }> = {
  all: { filters: false, as: "all", then: "" },
  exists: { filters: false, as: "exists", then: "" },
  existsOne: { filters: false, as: "exists_one", then: "" },
  exists_one: { filters: false, as: "exists_one", then: "" },
  transformList: { filters: true, as: "map", then: "" },
  transformMap: { filters: true, as: "map", then: ".__fromEntries()" },
  transformMapEntry: { filters: true, as: "map", then: ".__merged()" },
};

/** Whether a call is a macro with two variables. */
export function hasTwoVariables({ op, args }: Node): boolean {
  if (op !== "rcall" || !Object.hasOwn(MACROS, args[0])) return false;
  const { filters } = MACROS[args[0]]!;
  const { length } = args[2];
  return length === 3 || (filters && length === 4);
}

/** Whether a call is `list.sortBy(item, key)`. */
export function isSortBy({ op, args }: Node): boolean {
  return op === "rcall" && args[0] === "sortBy" && args[2].length === 2;
}

interface Edit {
  from: number;
  to: number;
  text: string;
}

/**
 * `source` with macros that the library knows only, by its parsed form.
 *
 * @throws {CelSourceError} where their variables are none, or it uses what these are rewritten to.
 */
export function withKnownMacros(source: string, root: Node): string {
  const edits: Edit[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!node || typeof node !== "object" || !("op" in node)) return;
    refuseNamespace(node as Node);
    if (hasTwoVariables(node as Node)) {
      edits.push(...editsOf(source, node as Node));
    } else if (isSortBy(node as Node)) {
      edits.push(...sortingEdits(source, node as Node));
    }
    visit((node as Node).args);
  };
  visit(root);
  let out = "";
  let at = 0;
  // What ends at one place ends from the inside out: a sort keeps that, as calls come before what is in them.
  for (const edit of edits.reverse().sort((a, b) => a.from - b.from)) {
    out += source.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return out + source.slice(at);
}

/** What rewritten expressions use is the library's alone: Kubernetes has no `cel.bind`. */
function refuseNamespace({ op, args }: Node): void {
  if (op !== "rcall" || args[1].op !== "id" || args[1].args !== "cel") return;
  const text = "undeclared reference to 'cel' (in container '')";
  throw new CelSourceError(text, args[1].start);
}

function editsOf(source: string, { args, end }: Node): Edit[] {
  const [name, range, [first, second, ...rest]]: [string, Node, Node[]] = args;
  for (const variable of [first!, second!]) {
    if (variable.op === "id") continue;
    throw new CelSourceError("argument must be a simple name", variable.start);
  }
  if (first!.args === second!.args) {
    const text = `duplicate variable name: ${second!.args}`;
    throw new CelSourceError(text, second!.start);
  }
  const { as, then } = MACROS[name]!;
  const bound = `cel.bind(${first!.args}, ${ENTRY}.key, cel.bind(${
    second!.args
  }, ${ENTRY}.value, `;
  const [open, close] = name === "transformMap"
    ? [`[${first!.args}, `, "]"]
    : ["", ""];
  const last = `${as}(${ENTRY}, ${bound}${open}`;
  // Between operands stand no other commas.
  const comma = source.indexOf(",", second!.end);
  const begin = {
    from: source.indexOf(name, range.end),
    to: comma + 1,
    text: `__entries().${rest.length > 1 ? `filter(${ENTRY}, ${bound}` : last}`,
  };
  const finish = { from: end - 1, to: end, text: `${close})))${then}` };
  if (rest.length === 1) return [begin, finish];
  const between = source.indexOf(",", rest[0]!.end);
  return [begin, {
    from: between,
    to: between + 1,
    text: `))).${last}`,
  }, finish];
}

function sortingEdits(source: string, { args, end }: Node): Edit[] {
  const [name, range, [item]]: [string, Node, Node[]] = args;
  if (item!.op !== "id") {
    throw new CelSourceError("argument is not an identifier", item!.start);
  }
  const from = source.indexOf(name, range.end);
  const to = source.indexOf(",", item!.end) + 1;
  return [
    { from, to, text: `map(${item!.args}, [` },
    { from: end - 1, to: end, text: `, ${item!.args}]).__sorted()` },
  ];
}

interface Entry {
  key: unknown;
  value: unknown;
}

/** Adds what rewritten expressions call. */
export function addMacros(env: Environment): void {
  env.registerFunction(
    "list.__entries(): list<dyn>",
    (list: unknown[]): Entry[] =>
      list.map((value, index) => ({ key: BigInt(index), value })),
  );
  env.registerFunction(
    "map.__entries(): list<dyn>",
    (map: Map<unknown, unknown> | Record<string, unknown>): Entry[] =>
      Array.from(entriesOf(map), ([key, value]) => ({ key, value })),
  );
  env.registerFunction(
    "list.__fromEntries(): map<dyn, dyn>",
    (entries: [unknown, unknown][]) => new Map(entries),
  );
  env.registerFunction("list.__merged(): map<dyn, dyn>", merged);
  env.registerFunction(
    "list.__sorted(): list<dyn>",
    // Keys are of one type that has an order.
    (pairs: [key: never, item: unknown][]) =>
      pairs.toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
        .map(([, item]) => item),
  );
}

function entriesOf(
  map: Map<unknown, unknown> | Record<string, unknown>,
): Iterable<[unknown, unknown]> {
  return map instanceof Map ? map : Object.entries(map);
}

function merged(
  maps: (Map<unknown, unknown> | Record<string, unknown>)[],
): Map<unknown, unknown> {
  const out = new Map<unknown, unknown>();
  for (const map of maps) {
    for (const [key, value] of entriesOf(map)) {
      if (out.has(key)) {
        throw new Error(`insert failed: key ${key} already exists`);
      }
      out.set(key, value);
    }
  }
  return out;
}
