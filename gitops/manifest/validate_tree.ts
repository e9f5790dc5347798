import type { SourceTree } from "../source/read_tree.ts";
import { checkReferences } from "./check_references.ts";
import {
  allProblems,
  loadTree,
  type Manifests,
  warningsOf,
} from "./load_tree.ts";
import type { Manifest } from "./manifest.ts";
import { compareProblems, type Problem } from "./problem.ts";
import { discoverLeniently, isOurs } from "./discover_leniently.ts";
import { discoverOffline, resolveKinds } from "./resolve_kinds.ts";

/** What can be said of a tree without a server. */
export interface Validation {
  /** Each keeps its workspace, or `root/`, from being applied. */
  problems: Problem[];
  /** What is applied all the same, and somebody should look at. */
  warnings: Problem[];
  /** What could not be looked at here, and why. */
  unchecked: Problem[];
  objects: number;
  workspaces: number;
}

/** Options of {@linkcode validateTree}. */
export interface ValidateTreeOptions {
  /** What was made of it. @default {loadTree(tree)} */
  manifests?: Manifests;
  /** Plugins that every hub brings. @default none is known, and none is asked for */
  builtin?: readonly string[];
  /** Kinds that somebody else looks at: `Thermometer of sensors.example.com/v1`. @default none */
  known?: ReadonlySet<string>;
}

/**
 * All problems of a tree that can be found without a server: of kinds that are
 * not Faros's, it only knows the common ones; and what is not in the tree may
 * be there.
 */
export async function validateTree(
  tree: SourceTree,
  options: ValidateTreeOptions = {},
): Promise<Validation> {
  const { manifests = loadTree(tree), builtin } = options;
  const { root } = manifests;
  const result: Validation = {
    problems: allProblems(manifests),
    warnings: warningsOf(manifests),
    unchecked: [],
    objects: 0,
    workspaces: manifests.workspaces.size,
  };
  const sets = [
    { set: root, scope: "root" as const, namespace: undefined },
    ...[...manifests.workspaces.values()].map((set) => ({
      set,
      scope: "workspace" as const,
      namespace: set.name,
    })),
  ];
  const unknown = new Map<string, Manifest[]>();
  for (const { set, scope, namespace } of sets) {
    result.objects += set.manifests.length + (scope === "workspace" ? 1 : 0);
    result.unchecked.push(...set.unchecked ?? []);
    const resolved = await resolveKinds(set, {
      scope,
      namespace,
      discover: discoverLeniently,
    });
    result.problems.push(...resolved.problems);
    for (const manifest of set.manifests) {
      const { apiVersion, kind } = manifest.object;
      if (manifest.resource || await discoverOffline(apiVersion, kind)) {
        continue;
      }
      if (isOurs(apiVersion)) continue;
      const name = `${kind} of ${apiVersion}`;
      if (options.known?.has(name)) continue;
      unknown.set(name, [...unknown.get(name) ?? [], manifest]);
    }
    const { workspace } = set as { workspace?: Manifest };
    const found = await checkReferences(set.manifests, {
      root: root.manifests,
    });
    const catalogue = workspace && builtin
      ? await checkReferences([workspace], {
        root: root.manifests,
        builtin,
      })
      : { problems: [], warnings: [] };
    result.problems.push(...found.problems, ...catalogue.problems);
    result.warnings.push(...found.warnings, ...catalogue.warnings);
  }
  for (const [name, [first, ...more]] of unknown) {
    result.unchecked.push({
      file: first!.file,
      ...first!.locate(["kind"]),
      message: `${name} is a kind that only the server knows${
        more.length ? ` (and ${more.length} more objects)` : ""
      }`,
    });
  }
  for (const problems of [result.problems, result.warnings, result.unchecked]) {
    problems.sort(compareProblems);
  }
  return result;
}
