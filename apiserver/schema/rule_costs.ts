import type { FieldError } from "../types.ts";
import { MAX_REQUEST } from "./cel_types.ts";
import { forbiddenField } from "./field_error.ts";

/** kube-apiserver's limits of what rules may cost by estimate: one of them, and all of a definition. */
const RULE_LIMIT = 10_000_000;
const TOTAL_LIMIT = 100_000_000;

/** A rule's estimated cost, and how often it can run. */
export interface RuleCost {
  cost: number;
  /** Undefined where no limits of lists and maps say. */
  times: number | undefined;
  /** Bytes of the smallest value that the rule is for. */
  minSize: number;
}

/** Adds up what the rules of a schema are estimated to cost. `path` is that of the schema. */
export class RuleCosts {
  #total = 0;
  #rules: { path: string; cost: number }[] = [];
  #problems: FieldError[] = [];

  constructor(readonly path: string) {}

  /** Counts a rule. */
  add(path: string, { cost, times, minSize }: RuleCost): void {
    const fit = Math.floor(MAX_REQUEST / (minSize + 1));
    this.#count(path, {
      whole: cost * (times ?? fit),
      what: "estimated rule cost",
    });
  }

  /** Counts the expression of a rule's message, as if it ran once. */
  addMessage(path: string, cost: number): void {
    this.#count(path, {
      whole: cost,
      what: "estimated messageExpression cost",
    });
  }

  #count(
    path: string,
    { whole, what }: { whole: number; what: string },
  ): void {
    this.#total += whole;
    if (whole >= TOTAL_LIMIT / 100) this.#rules.push({ path, cost: whole });
    if (whole > RULE_LIMIT) {
      const why = exceeded(what, whole / RULE_LIMIT);
      this.#problems.push(forbiddenField(path, why));
    }
  }

  /** What is too expensive. */
  problems(): FieldError[] {
    if (this.#total <= TOTAL_LIMIT) return this.#problems;
    const what =
      "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    const dearest = this.#rules.sort((a, b) => b.cost - a.cost).slice(0, 4);
    return [
      ...this.#problems,
      ...dearest.map(({ path }) =>
        forbiddenField(
          path,
          "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema",
        )
      ),
      forbiddenField(this.path, exceeded(what, this.#total / TOTAL_LIMIT)),
    ];
  }
}

function exceeded(what: string, factor: number): string {
  const times = factor > 100
    ? "more than 100x"
    : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${what} exceeds budget by factor of ${times} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
