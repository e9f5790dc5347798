/**
 * What a rule costs at most, before any object is there, in the units of cel-go and with the prices of cel-go and
 * kube-apiserver; where those know more of a function than this does, it is taken to be cheap. So nothing is refused
 * here that kube-apiserver takes.
 *
 * @module
 */
import { hasTwoVariables, isSortBy } from "./cel_macros.ts";
import type { CelType } from "./cel_types.ts";

/** A node of an expression. */
export interface Node {
  op: string;
  // Operands, by `op`.
  // deno-lint-ignore no-explicit-any
  args: any;
  start: number;
  end: number;
}

/** What is found out about an expression. */
export interface Estimate {
  cost: number;
  /** Of its value, where that is known. */
  type?: CelType;
  /** `undefined field 'z'`, and where. */
  problems: { text: string; at: number }[];
}

interface Value {
  cost: number;
  type?: CelType;
  /** Elements or bytes at most, where that is known. */
  size?: number;
}

interface Scope {
  variables: Map<string, CelType | undefined>;
  problems: Estimate["problems"];
}

const TRAVERSAL = 0.1;
const REGEX = 0.25;
/** Of the regular expression that a named format is taken for. */
const FORMAT = 32;
const LIST = 10;
const MAP = 30;

/** A text of which cel-go does not know the length, whatever it is made of. */
const UNBOUNDED = {
  type: { kind: "string", max: Infinity, minSize: 2 },
  size: Infinity,
} satisfies Partial<Value>;

/** Receiver macros that go through a list or map: what one step costs beside its predicate, and the whole beside its steps. */
const LOOPS: Record<string, { step: number; once: number }> = {
  all: { step: 3, once: 1 },
  exists: { step: 4, once: 1 },
  exists_one: { step: 2, once: 2 },
  existsOne: { step: 2, once: 2 },
  filter: { step: LIST + 3, once: LIST + 1 },
  map: { step: LIST + 2, once: LIST + 1 },
  transformList: { step: LIST + 2, once: LIST + 1 },
  transformMap: { step: 3, once: MAP + 1 },
  transformMapEntry: { step: 2, once: MAP + 1 },
};

/** What a loop with two variables has first, by what it goes through. kube-apiserver takes keys to be empty. */
const KEYS: Record<string, CelType> = {
  list: { kind: "scalar", max: 1, minSize: 1 },
  map: { kind: "string", max: 0, minSize: 2 },
};

/** Whether a call goes through a list or map with one variable. */
export function isLoop(node: Node): boolean {
  const { op, args } = node;
  return op === "rcall" && Object.hasOwn(LOOPS, args[0]) &&
    args[2].length >= 2 && args[2][0].op === "id" && !hasTwoVariables(node);
}

/** Estimates an expression over `self` (and `oldSelf`, which is alike). */
export function estimate(node: Node, self: CelType | undefined): Estimate {
  const scope: Scope = {
    variables: new Map([["self", self], ["oldSelf", self]]),
    problems: [],
  };
  const { cost, type } = visit(node, scope);
  return { cost, type, problems: scope.problems };
}

function visit(node: Node, scope: Scope): Value {
  const { op, args } = node;
  switch (op) {
    case "value":
      return { cost: 0, size: typeof args === "string" ? args.length : 1 };
    case "id": {
      const type = scope.variables.get(args);
      return { cost: 1, type, size: type?.max };
    }
    case ".":
    case ".?":
      return select(node, scope);
    case "[]":
    case "[?]": {
      const [of, index] = args.map((arg: Node) => visit(arg, scope));
      const type = of.type?.item;
      return { cost: of.cost + index.cost + 1, type, size: type?.max };
    }
    case "call":
      return call(node, scope);
    case "rcall":
      if (isSortBy(node)) return sorting(node, scope);
      return isLoop(node) || hasTwoVariables(node)
        ? loop(node, scope)
        : receiverCall(node, scope);
    case "list":
      return { cost: total(args, scope) + LIST, size: args.length };
    case "map":
      return { cost: total(args.flat(), scope) + MAP, size: args.length };
    case "?:": {
      const [test, yes, no] = args.map((arg: Node) => visit(arg, scope));
      const cost = test.cost + Math.max(yes.cost, no.cost);
      return { cost, type: yes.type ?? no.type, size: larger(yes, no) };
    }
    case "||":
    case "&&":
      return { cost: total(args, scope) };
    case "!_":
    case "-_":
      return { cost: visit(args, scope).cost + 1 };
    default:
      return binary(node, scope);
  }
}

function total(nodes: Node[], scope: Scope): number {
  return nodes.reduce((sum, node) => sum + visit(node, scope).cost, 0);
}

function larger(a: Value, b: Value): number | undefined {
  if (a.size === undefined || b.size === undefined) return undefined;
  return Math.max(a.size, b.size);
}

function isText(value: Value): boolean {
  return value.type?.kind === "string";
}

function select({ op, args }: Node, scope: Scope): Value {
  const of = visit(args[0], scope);
  const name: string = op === "." ? args[1] : String(args[1]?.args ?? args[1]);
  const cost = of.cost + 1;
  if (of.type?.kind === "map") {
    return { cost, type: of.type.item, size: of.type.item?.max };
  }
  if (of.type?.kind !== "object") return { cost };
  const type = of.type.fields!.get(name);
  // Where the dot is.
  const at = args[0].end;
  if (!type) scope.problems.push({ text: `undefined field '${name}'`, at });
  return { cost, type, size: type?.max };
}

function binary({ op, args }: Node, scope: Scope): Value {
  const [left, right]: Value[] = args.map((arg: Node) => visit(arg, scope));
  const cost = left!.cost + right!.cost;
  if (op === "in") {
    const list = right!.type?.kind === "map" ? 1 : right!.size ?? 1;
    return { cost: cost + list };
  }
  const texts = isText(left!) || isText(right!);
  if (!texts) return { cost: cost + 1 };
  const sizes = [left!, right!].map((v) => v.size ?? 1);
  if (op === "+") {
    const size = sizes[0]! + sizes[1]!;
    const type: CelType = { kind: "string", max: size, minSize: 2 };
    return { cost: cost + Math.ceil(size * TRAVERSAL), type, size };
  }
  return { cost: cost + Math.ceil(Math.min(...sizes) * TRAVERSAL) };
}

function call({ args: [name, nodes] }: Node, scope: Scope): Value {
  if (name === "has") return { cost: visit(nodes[0], scope).cost };
  const values: Value[] = nodes.map((arg: Node) => visit(arg, scope));
  const cost = values.reduce((sum, value) => sum + value.cost, 0);
  if (name === "dyn") return { ...values[0], cost: cost + 1 };
  if (name === "string") return { ...UNBOUNDED, cost: cost + 1 };
  const traversed = /^(url|quantity|isQuantity|ip|isIP|cidr|isCIDR|isURL)$/;
  return traversed.test(name)
    ? { cost: cost + Math.ceil((values[0]?.size ?? 1) * TRAVERSAL) }
    : { cost: cost + 1 };
}

function receiverCall({ args: [name, of, nodes] }: Node, scope: Scope): Value {
  // Functions with a name of their own, such as `optional.of`, have no receiver.
  const space = of.op === "id" && !scope.variables.has(of.args) &&
      Object.hasOwn(NAMESPACES, of.args)
    ? NAMESPACES[of.args]
    : undefined;
  const target: Value = space ? { cost: 0 } : visit(of, scope);
  const values: Value[] = nodes.map((arg: Node) => visit(arg, scope));
  if (space && Object.hasOwn(space, name) && nodes.length === 1) {
    const made = space[name]!(values[0]!, nodes[0]);
    return { ...made, cost: made.cost + values[0]!.cost };
  }
  const cost = values.reduce((sum, value) => sum + value.cost, target.cost);
  const size = target.size ?? 1;
  const first = values[0]?.size ?? 1;
  if (of.op === "id" && of.args === "sets" && !scope.variables.has("sets")) {
    // Each of the one is looked for in the other.
    const pairs = first * (values[1]?.size ?? 1);
    return { cost: cost + 1 + pairs * (name === "equivalent" ? 2 : 1) };
  }
  const text = Math.ceil(size * TRAVERSAL);
  switch (name) {
    case "reverse":
      return { cost: cost + size, type: target.type, size };
    case "sort":
    case "distinct":
      return { cost: cost + 2 * size * size, type: target.type, size };
    case "validate":
      return { cost: cost + Math.ceil(first * TRAVERSAL) * FORMAT };
    case "startsWith":
    case "endsWith":
      return { cost: cost + Math.ceil(first * TRAVERSAL) };
    case "contains":
      return { cost: cost + text * Math.max(1, Math.ceil(first * TRAVERSAL)) };
    case "matches":
    case "find":
    case "findAll":
      return {
        cost: cost +
          Math.ceil((size + 1) * TRAVERSAL) * Math.ceil(first * REGEX),
      };
    case "isSorted":
    case "sum":
    case "max":
    case "min":
    case "indexOf":
    case "lastIndexOf": {
      if (target.type?.kind !== "list") return { cost: cost + text };
      const { item } = target.type;
      const each = item?.kind === "string" ? item.max * TRAVERSAL : 0;
      return { cost: cost + size * (1 + each), type: item, size: item?.max };
    }
    case "lowerAscii":
    case "upperAscii":
    case "substring":
    case "trim":
      return { cost: cost + text, type: target.type, size: target.size };
    case "format":
      return { ...UNBOUNDED, cost: cost + 1 };
    case "replace":
    case "split":
    case "join":
      return { cost: cost + 2 * text };
    default:
      return { cost: cost + 1 };
  }
}

/** `sortBy` makes a list of its keys, and then compares each with each. */
function sorting(node: Node, scope: Scope): Value {
  const [, of, nodes] = node.args;
  const { cost, size = 1 } = loop(
    { ...node, args: ["map", of, nodes] },
    scope,
  );
  const { type } = visit(of, scope);
  return { cost: cost + 2 * size * size, type, size };
}

/** Functions with a name of their own, that have no receiver: what they cost, and how large what they answer is. */
const NAMESPACES: Record<
  string,
  Record<string, (first: Value, node: Node) => Value>
> = {
  format: {},
  strings: {
    quote: ({ size = 1, type }) => ({
      cost: Math.ceil(size * TRAVERSAL),
      type,
      size,
    }),
  },
  lists: {
    // kube-apiserver takes a number that it does not know to be any.
    range: (_, { op, args }) => {
      const count = op === "value" ? Number(args) : Number.MAX_SAFE_INTEGER;
      return { cost: count + LIST + 1, size: count };
    },
  },
};

function loop(node: Node, scope: Scope): Value {
  const [name, of, nodes]: [string, Node, Node[]] = node.args;
  const range = visit(of, scope);
  const { type } = range;
  if (type?.kind === "string") {
    scope.problems.push({
      text:
        "expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)",
      // Where the dot is.
      at: of.op === "." ? of.args[0].end : of.start,
    });
  }
  const key = KEYS[type?.kind ?? ""];
  // Of a map, one variable is its key.
  const types = hasTwoVariables(node)
    ? [key, type?.item]
    : [type?.kind === "map" ? key : type?.item];
  const variables = new Map(scope.variables);
  types.forEach((type, i) => variables.set(nodes[i]!.args, type));
  const inner: Scope = { ...scope, variables };
  const values = nodes.slice(types.length).map((arg) => visit(arg, inner));
  const { step, once } = LOOPS[name]!;
  const body = values.reduce((sum, value) => sum + value.cost, step);
  const count = range.size ?? 1;
  const cost = range.cost + count * body + once;
  const item = values[values.length - 1]!.type;
  const made = { item, max: count, minSize: 2 };
  switch (name) {
    case "filter":
      return { cost, type, size: count };
    case "map":
    case "transformList":
      return { cost, type: { ...made, kind: "list" }, size: count };
    case "transformMap":
      return { cost, type: { ...made, kind: "map" }, size: count };
    case "transformMapEntry":
      return {
        cost,
        type: { ...made, kind: "map", item: item?.item },
        size: count,
      };
    default:
      return { cost };
  }
}
