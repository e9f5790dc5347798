import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";

/** Keeps a Repository until what it applied is deleted. */
export const FINALIZER = "gitops.faros.sh/finalizer";

/** Whether all that a Repository applied is to be deleted with it. A suspended one deletes nothing. */
export function deletesAll({ spec }: Pick<Repository, "spec">): boolean {
  return spec.deletionPolicy === "Delete" && !spec.suspend;
}

/** Whether a Repository waits for what it applied to be deleted. */
export function isHeld({ metadata }: Pick<Repository, "metadata">): boolean {
  return metadata.finalizers?.includes(FINALIZER) ?? false;
}

/** Gives a Repository the finalizer, or takes it away. @throws where the Repository has changed since */
export async function setFinalizer(
  repository: Repository,
  options: { to: boolean; client: KubeClient; signal?: AbortSignal },
): Promise<void> {
  const { to, client, signal } = options;
  if (isHeld(repository) === to) return;
  const { name, finalizers = [], resourceVersion, uid } = repository.metadata;
  await client.patch(Repository, name, {
    metadata: {
      uid,
      resourceVersion,
      finalizers: to
        ? [...finalizers, FINALIZER]
        : finalizers.filter((f) => f !== FINALIZER),
    },
  }, { fieldManager: "faros-gitops-finalizer", signal });
}
