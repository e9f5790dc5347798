import { posix } from "node:path";
import type { SourceTree } from "../../source/read_tree.ts";
import { isWithin, topKustomizations } from "./layout.ts";
import { isKustomization, readKustomization } from "./kustomization.ts";

/** How deep kustomizations may stand on others. */
const ROUNDS = 20;

/**
 * Reads what the kustomizations of a tree need besides its manifests: patches
 * and data of any name, bases in other folders of the repository.
 *
 * @param read Reads the files of the same commit that are wanted.
 * @returns The tree itself where there is no kustomization
 */
export async function gatherInputs(
  tree: SourceTree,
  read: (select: (path: string) => boolean) => Promise<SourceTree>,
): Promise<SourceTree> {
  const wanted = new Set(
    topKustomizations(tree.files).map(({ path }) => posix.dirname(path)),
  );
  if (wanted.size === 0) return tree;
  let more: SourceTree = tree;
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const before = wanted.size;
    more = await read((path) => isWithin(path, wanted));
    for (const file of more.files) {
      if (!isKustomization(file.path) || seen.has(file.path)) continue;
      seen.add(file.path);
      for (const path of readKustomization(file).reads) wanted.add(path);
    }
    if (wanted.size === before) break;
  }
  return { ...tree, inputs: more.files };
}
