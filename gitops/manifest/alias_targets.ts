import { type Alias, type Document, isAlias, type Node, visit } from "yaml";

const targets = new WeakMap<Document, ReadonlyMap<Alias, Node>>();

/**
 * What each alias of a document stands for: of the anchors of its name, the
 * last before it. All at once, since `Alias.resolve` walks through the whole
 * document for each.
 */
export function aliasTargets(document: Document): ReadonlyMap<Alias, Node> {
  const before = targets.get(document);
  if (before) return before;
  const found = new Map<Alias, Node>();
  const anchors = new Map<string, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) found.set(node, target);
      } else if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  targets.set(document, found);
  return found;
}
