import { topKustomizations } from "../../gitops/manifest/kustomize/layout.ts";
import { partOf } from "../../gitops/manifest/layout.ts";
import type {
  RefusedFile,
  SourceFile,
  SourceTree,
} from "../../gitops/source/read_tree.ts";

/** Two trees, without what cannot matter to how they differ. */
export interface Affected {
  base: SourceTree;
  head: SourceTree;
  /** Paths of files that come, go or change. */
  touched: string[];
}

/** Kinds under `root/` that decide nothing about what devices run. */
const HARMLESS =
  /^(Repository|User|ConfigMap|Secret|ServiceAccount|Namespace|(Cluster)?Role(Binding)?)$/;

/**
 * Leaves out workspaces in which nothing changes, nor anything for them: no
 * file of theirs, no kind, no plugin that their `workspace.yaml` names. Files
 * that are the same become the very same objects, so that what is made of them
 * is made once.
 */
export function affected(base: SourceTree, head: SourceTree): Affected {
  const old = byPath(base);
  const now = byPath(head);
  const share = (file: SourceFile) =>
    old.get(file.path)?.text === file.text ? old.get(file.path)! : file;
  const shared = [...now.values()].map(share);
  const touched = [
    ...new Set([
      ...shared.filter((file) => file !== old.get(file.path)),
      ...[...old.values()].filter((file) => !now.has(file.path)),
    ].map((file) => file.path)),
  ];
  const refused = differentRefusals(base.refused, head.refused);
  const changed = [...touched, ...refused];
  const workspaces = new Set(changed.flatMap((path) => {
    const part = partOf(path) ?? partOf(`${path}/x`);
    return part?.scope === "workspace" ? [part.workspace] : [];
  }));
  // A base of kustomizations may be any one's.
  if (touched.some((path) => !partOf(path))) {
    for (const { path } of topKustomizations([...base.files, ...head.files])) {
      const part = partOf(path);
      if (part?.scope === "workspace") workspaces.add(part.workspace);
    }
  }
  const named = rootChanges(changed, [old, now]);
  const isIn = ({ path }: { path: string }) => {
    const part = partOf(path) ?? partOf(`${path}/x`);
    if (part?.scope !== "workspace") return true;
    return workspaces.has(part.workspace);
  };
  if (named.all || named.plugins.length) {
    for (const { path, text } of [...base.files, ...shared]) {
      const part = partOf(path);
      if (part?.scope !== "workspace") continue;
      if (
        named.all ||
        /^workspaces\/[^/]+\/workspace\.yaml$/.test(path) &&
          named.plugins.some((plugin) => text.includes(plugin))
      ) workspaces.add(part.workspace);
    }
  }
  return {
    base: {
      ...base,
      files: base.files.filter(isIn),
      refused: base.refused.filter(isIn),
    },
    head: {
      ...head,
      files: head.files.map(share).filter(isIn),
      ...(head.inputs ? { inputs: head.inputs.map(share) } : {}),
      refused: head.refused.filter(isIn),
    },
    touched,
  };
}

/** All files, manifests or not. */
function byPath({ files, inputs = [] }: SourceTree): Map<string, SourceFile> {
  return new Map([...files, ...inputs].map((file) => [file.path, file]));
}

function differentRefusals(a: RefusedFile[], b: RefusedFile[]): string[] {
  const key = ({ path, reason }: RefusedFile) => `${path}\0${reason}`;
  const [old, now] = [new Set(a.map(key)), new Set(b.map(key))];
  return [
    ...a.filter((file) => !now.has(key(file))),
    ...b.filter((file) => !old.has(key(file))),
  ].map(({ path }) => path);
}

/** Plugins of the catalogue that changed files under `root/` may be about; all workspaces where it may be anything. */
function rootChanges(
  changed: string[],
  sides: Map<string, SourceFile>[],
): { all: boolean; plugins: string[] } {
  const plugins = new Set<string>();
  for (const path of changed) {
    if (partOf(path)?.scope !== "root") continue;
    for (const side of sides) {
      const text = side.get(path)?.text;
      if (text === undefined) continue;
      // A text, since it may be no YAML at all on one side.
      const kinds = [
        ...text.matchAll(/^[\s"'{,-]*kind["']?\s*:\s*["']?(\w+)/gm),
      ]
        .map((match) => match[1]!);
      const inline = /[{,]\s*["']?kind\b/.test(text);
      if (inline || kinds.some((k) => k !== "Plugin" && !HARMLESS.test(k))) {
        return { all: true, plugins: [] };
      }
      if (!kinds.includes("Plugin")) continue;
      for (
        const [, name] of text.matchAll(/\bname["']?\s*:\s*["']?([\w.-]+)/g)
      ) {
        plugins.add(name!);
      }
    }
  }
  return { all: false, plugins: [...plugins] };
}
