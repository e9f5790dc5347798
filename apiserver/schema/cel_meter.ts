/**
 * What evaluating a rule costs: expressions are written anew so that each step of a loop reports its price, which is
 * about that of cel-go.
 *
 * @module
 */
import { isLoop, type Node } from "./cel_estimate.ts";

/** Function that expressions are given; it hands its second argument on. */
export const CHARGE = "__charge";

/** kube-apiserver's limits for one rule, and for all rules of an object. */
export const RULE_LIMIT = 1_000_000;
export const OBJECT_LIMIT = 10_000_000;

/** Conditions and accumulator of a loop, a step. */
const STEP = 2;

/** A rule cost more than it may. */
export class CostLimitExceeded extends Error {}

let left = Infinity;
let spent = 0;

/** Takes `cost` from what is left; called by the expressions themselves. */
export function charge(cost: bigint, value: unknown): unknown {
  spend(Number(cost));
  return value;
}

/**
 * Takes `cost` from what is left.
 *
 * @throws CostLimitExceeded where that is more.
 */
export function spend(cost: number): void {
  spent += cost;
  left -= cost;
  if (left < 0) {
    throw new CostLimitExceeded(
      "operation cancelled: actual cost limit exceeded",
    );
  }
}

/**
 * Runs `evaluate`, which costs `base` and what its loops charge.
 *
 * @throws CostLimitExceeded where that is more than a rule may cost.
 */
export function metered<T>(
  base: number,
  evaluate: () => T,
): { value?: T; error?: unknown; cost: number } {
  left = RULE_LIMIT;
  spent = 0;
  try {
    spend(base);
    return { value: evaluate(), cost: spent };
  } catch (error) {
    return { error, cost: spent };
  }
}

/** Nodes of an expression that are evaluated once, whatever the data: all but what loops repeat. */
export function weight(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((sum, n) => sum + weight(n), 0);
  if (!isNode(node)) return 0;
  if (isLoop(node)) return weight(node.args[1]) + 1;
  // Only what was rewritten has it; to bind a loop's variable costs nothing.
  if (node.op === "rcall" && node.args[0] === "bind") {
    return weight(node.args[2][2]);
  }
  const own = node.op === "value" ? 0 : 1;
  return own + weight(node.args);
}

function isNode(value: unknown): value is Node {
  return !!value && typeof value === "object" && "op" in value &&
    "args" in value;
}

/** `source` with a charge in each loop, by its parsed form. */
export function withCharges(source: string, root: Node): string {
  const inserts: { at: number; text: string }[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (!isNode(node)) return;
    // `map` with a filter has no single part that is evaluated each step.
    if (isLoop(node) && node.args[2].length === 2) {
      const [variable, body] = node.args[2] as [Node, Node];
      const comma = source.indexOf(",", variable.end);
      const cost = weight(body) + STEP;
      inserts.push(
        { at: comma + 1, text: ` ${CHARGE}(${cost},` },
        { at: node.end - 1, text: ")" },
      );
    }
    visit(node.args);
  };
  visit(root);
  let out = "";
  let at = 0;
  for (const insert of inserts.sort((a, b) => a.at - b.at)) {
    out += source.slice(at, insert.at) + insert.text;
    at = insert.at;
  }
  return out + source.slice(at);
}
