import type {
  Manifests,
  ManifestSet,
} from "../../gitops/manifest/load_tree.ts";
import type { Manifest } from "../../gitops/manifest/manifest.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import type { ObjectChange, PreviewProblem } from "./preview_result.ts";

/** An object that is encrypted, and for which nobody here has a key. */
export interface Sealed {
  workspace?: string;
  manifest: Manifest;
  /** The file that it is in, as it is: changes when the object does, and may when it does not. */
  text: string;
}

/** Encrypted objects by `workspace kind name`. */
export type SealedObjects = ReadonlyMap<string, Sealed>;

/** Parts what is encrypted, and cannot be loaded, from all else. */
export function partSealed(
  manifests: Manifests,
  tree: SourceTree,
): { manifests: Manifests; sealed: SealedObjects } {
  const texts = new Map(tree.files.map(({ path, text }) => [path, text]));
  const sealed = new Map<string, Sealed>();
  const open = <S extends ManifestSet>(set: S, workspace?: string): S => {
    for (const manifest of set.manifests.filter((m) => m.sealed)) {
      const { kind, metadata } = manifest.object;
      const text = texts.get(manifest.file) ?? "";
      const key = sealedKey(workspace, { kind, name: metadata.name });
      sealed.set(key, { workspace, manifest, text });
    }
    return { ...set, manifests: set.manifests.filter((m) => !m.sealed) };
  };
  const opened: Manifests = {
    ...manifests,
    root: open(manifests.root),
    workspaces: new Map(
      [...manifests.workspaces].map(([name, set]) => [name, open(set, name)]),
    ),
  };
  return { manifests: opened, sealed };
}

/** The key of an object among the sealed ones. */
export function sealedKey(
  workspace: string | undefined,
  { kind, name }: { kind: string; name: string },
): string {
  return `${workspace ?? ""} ${kind} ${name}`;
}

/** What becomes of encrypted objects, as far as that shows: that they, or their neighbours, are encrypted anew. */
export function sealedChanges(
  before: SealedObjects,
  after: SealedObjects,
): { objects: ObjectChange[]; problems: PreviewProblem[] } {
  const objects: ObjectChange[] = [];
  const problems: PreviewProblem[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(key), after.get(key)];
    if (old?.text === now?.text) continue;
    const { workspace, manifest } = (now ?? old)!;
    const { file, line, object: { apiVersion, kind, metadata } } = manifest;
    const { name } = metadata;
    objects.push({
      change: !old ? "create" : !now ? "delete" : "update",
      ...(workspace === undefined ? {} : { workspace }),
      apiVersion,
      kind,
      name,
      file,
      line,
      fields: old && now
        ? [{
          field: "what is encrypted",
          before: '"(secret)"',
          after: '"(secret)"',
          secret: true,
        }]
        : [],
    });
    if (!now || kind === "Secret") continue;
    problems.push({
      severity: "warning",
      ...(workspace === undefined ? {} : { workspace }),
      file,
      line,
      column: 1,
      message:
        `${kind} ${name} is encrypted, and there is no key here: what it does is not part of the plan`,
    });
  }
  return { objects, problems };
}
