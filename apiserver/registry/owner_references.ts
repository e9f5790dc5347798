import type { ObjectMeta, OwnerReference } from "../types.ts";

/**
 * Leaves of references that are alike in all fields the first only, as kube-apiserver does.
 *
 * @returns a warning that names the UIDs; nothing where all differ
 */
export function dedupOwnerReferences(
  metadata: ObjectMeta,
  { patch }: {
    /** Whether a patch left them: it is then not the request that is to blame. */
    patch: boolean;
  },
): string | undefined {
  const kept: OwnerReference[] = [];
  // By text, since there may be many thousand references.
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const owner of metadata.ownerReferences ?? []) {
    const text = textOf(owner);
    if (seen.has(text)) twice.add(owner.uid);
    else kept.push(owner);
    seen.add(text);
  }
  if (twice.size === 0) return undefined;
  metadata.ownerReferences = kept;
  const when = patch ? " after mutating admission happens" : "";
  return `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${
    [...twice].join(", ")
  }`;
}

function textOf(owner: OwnerReference): string {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return JSON.stringify(
    [apiVersion, kind, name, uid, controller, blockOwnerDeletion],
  );
}
