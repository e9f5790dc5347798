import { deepEqual } from "../schema/deep_equal.ts";
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
  const twice = new Set<string>();
  for (const owner of metadata.ownerReferences ?? []) {
    if (kept.some((other) => deepEqual(owner, other))) twice.add(owner.uid);
    else kept.push(owner);
  }
  if (twice.size === 0) return undefined;
  metadata.ownerReferences = kept;
  const when = patch ? " after mutating admission happens" : "";
  return `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${
    [...twice].join(", ")
  }`;
}
