import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { aliasTargets } from "./alias_targets.ts";
import type { Position } from "./problem.ts";

/** Where the parts of an object stand in a file. */
export interface Places {
  /**
   * Where a field stands: its value, or with `key` its key. The nearest part
   * that is there, for one that is not.
   */
  locate(path: readonly PropertyKey[], what?: "key" | "value"): Position;
  /** Whether a field is written as a plain scalar: without quotes. */
  isPlain(path: readonly PropertyKey[]): boolean;
}

/** Answers where the parts of a document stand, and how they are written. */
export function locateIn(
  document: Document,
  position: (offset: number) => Position,
): Places {
  const resolve = (node: unknown): Node | undefined => {
    if (isAlias(node)) return aliasTargets(document).get(node);
    return isNode(node) ? node : undefined;
  };
  /** The nearest part that is there. */
  const find = (path: readonly PropertyKey[]) => {
    let node: unknown = document.contents;
    let key: unknown = node;
    for (const part of path) {
      const into = resolve(node);
      if (isMap(into)) {
        const pair = findPair(into, String(part), resolve);
        if (!pair) return { node, key, isWhole: false };
        key = pair.key;
        node = pair.value ?? pair.key;
      } else if (isSeq(into) && into.items[Number(part)] !== undefined) {
        key = node = into.items[Number(part)];
      } else return { node, key, isWhole: false };
    }
    return { node, key, isWhole: true };
  };
  return {
    locate(path, what = "value") {
      const { node, key } = find(path);
      const at = what === "key" ? key : node;
      const start = isNode(at) ? at.range?.[0] : undefined;
      return position(start ?? document.range?.[0] ?? 0);
    },
    isPlain(path) {
      const { node, isWhole } = find(path);
      const scalar = resolve(node);
      return isWhole && isScalar(scalar) && scalar.type === "PLAIN";
    },
  };
}

function findPair(
  map: YAMLMap,
  name: string,
  resolve: (node: unknown) => Node | undefined,
): Pair | undefined {
  let merged: Pair | undefined;
  for (const pair of map.items) {
    if (!isPair(pair)) continue;
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    if (key === name) return pair;
    // A merge key (`<<`) brings in the fields of others; own ones win.
    const isMerge = isScalar(pair.key) && pair.key.source === "<<";
    if (!isMerge) continue;
    const source = resolve(pair.value);
    for (const from of isSeq(source) ? source.items : [source]) {
      const other = resolve(from);
      if (isMap(other)) merged ??= findPair(other, name, resolve);
    }
  }
  return merged;
}
