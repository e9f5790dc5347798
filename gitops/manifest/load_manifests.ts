import type { SourceFile, SourceTree } from "../source/read_tree.ts";
import { buildKustomizations } from "./kustomize/build.ts";
import { partOf } from "./layout.ts";
import { loadTree, type Manifests } from "./load_tree.ts";
import type { ParsedFile } from "./parse_file.ts";
import { decryptFile, looksEncrypted } from "./sops/decrypt_file.ts";
import type { KeyRing } from "./sops/decryption_keys.ts";
import type { Variables } from "./variables.ts";

/** What manifests are made of besides the files. */
export interface ManifestInputs {
  /** What SOPS files are decrypted with, or why there is nothing; without, such files are refused. */
  keys?: KeyRing | Error;
  /** What `${…}` stands for, or why nobody knows; without, it is text. */
  variables?: Variables | Error;
  /** Whether what nobody can decrypt or build is taken for what can be seen of it (see {@linkcode loadTree}). */
  sealed?: boolean;
}

type Decrypted = { keys: KeyRing | Error; parsed: ParsedFile | undefined };

/** What was decrypted stays so, as long as file and keys are the very same. */
const decrypted = new WeakMap<SourceFile, Decrypted>();

/**
 * Makes objects of files as {@linkcode loadTree}, of encrypted ones and of
 * kustomizations too. Decryption happens in memory: nothing that was encrypted
 * is written anywhere.
 */
export async function loadManifests(
  tree: SourceTree,
  inputs: ManifestInputs = {},
  { signal }: { signal?: AbortSignal } = {},
): Promise<Manifests> {
  const { keys, ...options } = inputs;
  const parsed = new Map<string, ParsedFile>();
  for (const file of keys ? tree.files : []) {
    const part = partOf(file.path);
    if (!part || !looksEncrypted(file.text)) continue;
    let known = decrypted.get(file);
    if (!known || known.keys !== keys) {
      const own = keys instanceof Error ? keys : keys!.keysOf(part);
      known = { keys: keys!, parsed: await decryptFile(file, own) };
      decrypted.set(file, known);
    }
    if (known.parsed) parsed.set(file.path, known.parsed);
  }
  const builds = await buildKustomizations(tree, { signal });
  return loadTree(tree, { ...options, parsed, builds });
}
