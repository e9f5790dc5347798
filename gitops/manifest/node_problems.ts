import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
} from "yaml";
import { aliasTargets } from "./alias_targets.ts";
import { documentValue } from "./document_value.ts";

/** How deep objects may be nested: no API has use for more, and code that walks them has to come back. */
export const DEEPEST = 100;
/** Aliases in a document; what it takes to find what they stand for grows with their square. */
const MOST_ALIASES = 5000;
/** Values in a document once each alias is what it stands for: more than a file without any can hold. */
const MOST_VALUES = 500_000;

/** Something in a document that is YAML, but nothing that the API could hold. */
export interface NodeProblem {
  offset: number;
  message: string;
  /** Whether the document's other values can be looked at all the same. */
  isLocal?: boolean;
}

/**
 * What in a document is valid YAML but no JSON, or would reach the API as
 * something else than what is written: cycles, keys that are no strings, whole
 * numbers that a double cannot hold, or that others take for octal, tags.
 */
export function nodeProblems(document: Document.Parsed): NodeProblem[] {
  const problems: NodeProblem[] = [];
  const report = (node: unknown, message: string, isLocal = false) => {
    const start = isNode(node) ? node.range?.[0] : undefined;
    const offset = start ?? document.range?.[0] ?? 0;
    problems.push({ offset, message, isLocal });
  };
  if (document.directives.yaml.version === "1.1") {
    report(
      document.contents,
      "found the directive %YAML 1.1, expected YAML 1.2; remove it, and write true and false for yes and no",
    );
    return problems;
  }
  const targets = aliasTargets(document);
  if (targets.size > MOST_ALIASES) {
    report(
      document.contents,
      `found ${targets.size} aliases in one document, expected at most ${MOST_ALIASES}; write out what is meant`,
    );
    return problems;
  }
  /** How many values there are in what an alias may stand for. */
  const sizes = new Map<Node, number>();
  const size = walk(document.contents, []);
  if (size > MOST_VALUES && targets.size > 0) {
    report(
      document.contents,
      `found more than ${MOST_VALUES} values in one document, with all that its aliases stand for; write out what is meant`,
    );
  }
  if (problems.every((problem) => problem.isLocal)) {
    try {
      documentValue(document);
    } catch (error) {
      report(
        document.contents,
        error instanceof RangeError
          ? "is nested too deep to be read"
          : lowerFirst((error as Error).message),
      );
    }
  }
  return problems;

  /** @returns How many values there are in it, with what aliases stand for */
  function walk(node: unknown, above: Node[]): number {
    if (isAlias(node)) {
      const target = targets.get(node);
      if (target && above.includes(target)) {
        report(
          node,
          `found *${node.source}, which holds itself; write out what is meant`,
        );
      }
      return target && sizes.get(target) || 1;
    }
    let size = 1;
    if (above.length > DEEPEST) {
      report(node, `is nested deeper than ${DEEPEST} levels`);
    } else if (isMap(node)) {
      if (node.tag && !node.tag.endsWith(":map")) return foreign(node);
      const names = new Set<string>();
      for (const { key, value } of node.items) {
        checkKey(key, { map: node, names });
        size += walk(value, [...above, node]);
      }
    } else if (isSeq(node)) {
      if (node.tag && !node.tag.endsWith(":seq")) return foreign(node);
      for (const item of node.items) size += walk(item, [...above, node]);
    } else if (isScalar(node)) {
      const { value, source } = node;
      if (typeof value === "object" && value !== null) return foreign(node);
      if (typeof value === "number" && isOctalElsewhere(source ?? "")) {
        report(
          node,
          `found ${source}, which is ${value} in YAML 1.2, and ${
            parseInt(source!, 8)
          } to kubectl (YAML 1.1 has octal numbers so); write the number that is meant without the 0 before it, or put it in quotes where a string will do`,
          true,
        );
      }
      const isLarge = typeof value === "number" && Number.isInteger(value) &&
          !Number.isSafeInteger(value) && !/[.eE]/.test(source ?? "") ||
        typeof value === "bigint";
      if (isLarge) {
        report(
          node,
          `found ${source}, expected a whole number up to 9007199254740991, the largest that JSON holds exactly; put it in quotes where a string will do`,
          true,
        );
      }
    }
    if (isNode(node) && node.anchor) sizes.set(node, size);
    return size;
  }

  function foreign(node: Node): number {
    report(
      node,
      `found a value with the tag ${
        node.tag?.replace("tag:yaml.org,2002:", "!!") ?? "of another schema"
      }, expected what JSON can hold; write it as a string, list or object`,
    );
    return 1;
  }

  function checkKey(
    key: unknown,
    of: { map: Node; names: Set<string> },
  ): void {
    if (isAlias(key)) return checkKey(targets.get(key), of);
    if (!isScalar(key)) {
      report(
        key ?? of.map,
        "found a list or an object as the name of a field, expected a string",
      );
    } else if (key.value === null) {
      report(key, "found no name before the colon, expected one");
    } else if (key.value === "__proto__") {
      report(key, "found the name __proto__, which no object can have here");
    } else {
      // As JSON has them: 1 and "1" are one.
      // A merge key is a symbol.
      const name = String(
        typeof key.value === "symbol" ? key.source : key.value,
      );
      if (of.names.has(name)) {
        report(
          key,
          `found the field ${name} twice in one object; remove one`,
          true,
        );
      }
      of.names.add(name);
    }
  }
}

/** Whether a plain number is another one to YAML 1.1, which kubectl, Argo CD and Flux read. */
export function isOctalElsewhere(source: string): boolean {
  return /^[-+]?0[0-7]+$/.test(source) &&
    parseInt(source, 8) !== parseInt(source, 10);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
