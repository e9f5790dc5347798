import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  type Clock,
  KubeApiError,
  type WorkspaceAccess,
} from "../../kube/mod.ts";

/** Annotation on a manifest: delete its object and make it anew where it cannot be changed. */
export const RECREATE_ANNOTATION = "faros.sh/recreate";

/** How long an object may take to be gone, in milliseconds. */
const TIMEOUT = 60_000;

/**
 * Whether the server refused a change since the field cannot change. There is
 * no reason or code of its own for that, only words: "field is immutable" of
 * Secrets, ConfigMaps and CEL rules by custom, "cannot change roleRef" of
 * RoleBindings, "may not change" and "updates to … are forbidden" of others.
 */
export function isImmutable(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 422 &&
    /\bimmutable\b|cannot (be )?changed?\b|may not (be )?changed?\b|[Uu]pdates to .* (is|are) forbidden/
      .test([
        error.message,
        ...(error.details?.causes ?? []).map((cause) => cause.message),
      ].join("\n"));
}

/** Deletes an object and waits until it is gone, so that it can be made anew. */
export async function recreate(
  live: KubeObject,
  options: {
    access: WorkspaceAccess;
    resource: Resource;
    namespace?: string;
    clock: Clock;
    signal?: AbortSignal;
  },
): Promise<void> {
  const { access: { client }, resource, namespace, clock, signal } = options;
  const { name, uid } = live.metadata;
  await client.delete(resource, name, {
    namespace,
    uid,
    ignoreNotFound: true,
    propagationPolicy: "Background",
    signal,
  });
  const deadline = clock.now() + TIMEOUT;
  while (true) {
    const found = await client.tryGet(resource, name, { namespace, signal });
    if (found?.metadata.uid !== uid) return;
    if (clock.now() > deadline) {
      throw new Error(
        `it was deleted to be made anew, but is still there after ${
          TIMEOUT / 1000
        } s: finalizers ${
          found?.metadata.finalizers?.join(", ") ?? "are gone"
        }`,
      );
    }
    await clock.sleep(100, signal);
  }
}
