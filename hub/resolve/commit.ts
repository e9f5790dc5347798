import type { KubeObject } from "../../api/meta.ts";
import { COMMIT_ANNOTATION, GITOPS_MANAGER } from "../../api/names.ts";

/**
 * The Git commit that led to the state of `objects`: that of the one which Git
 * changed last. Undefined where none came from Git.
 */
export function newestCommit(objects: KubeObject[]): string | undefined {
  const known = objects.flatMap((object) => {
    const commit = object.metadata.annotations?.[COMMIT_ANNOTATION];
    return commit ? [{ commit, ...appliedAt(object) }] : [];
  });
  known.sort((a, b) => b.time - a.time || b.version - a.version);
  return known[0]?.commit;
}

/** When Git's part of the object changed last, to the second that managedFields has; then by its version. */
function appliedAt(object: KubeObject): { time: number; version: number } {
  const entry = object.metadata.managedFields?.find((e) =>
    e.manager === GITOPS_MANAGER && !e.subresource
  );
  return {
    time: Date.parse(entry?.time ?? "") || 0,
    version: Number(object.metadata.resourceVersion) || 0,
  };
}
