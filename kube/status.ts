import type { KubeObject } from "../api/meta.ts";
import type { KubeClient } from "./client.ts";
import { isApplied, ownedFields } from "./owned_fields.ts";
import { apiVersionOf, type Resource } from "./resource.ts";

/** Options of {@linkcode applyStatus}. */
export interface ApplyStatusOptions {
  /** As whom; each writer of a status has a name of its own. */
  fieldManager: string;
  /** Take fields over from other managers. @default {true} */
  force?: boolean;
  /** Write only where nobody has written since `object` was read. @default {false} */
  ifUnchanged?: boolean;
  signal?: AbortSignal;
}

/**
 * Applies our part of an object's status by server-side apply.
 *
 * `status` is all that we say: what we said before and leave out now goes
 * away; what others say stays. Nothing is sent where nothing would change as
 * far as `object` knows, so a reconcile that finds all well costs no write.
 *
 * @param object As it was read last, with its managedFields.
 * @returns The object as it is now; `object` itself where nothing was sent.
 * @throws {KubeApiError} NotFound, or Conflict where the object was deleted
 * and made again meanwhile, or has changed and `ifUnchanged` is set.
 */
export async function applyStatus<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  object: T,
  status: unknown,
  options: ApplyStatusOptions,
): Promise<T> {
  const { fieldManager, force = true, ifUnchanged, signal } = options;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const owned = ownedFields(object, { fieldManager, subresource: "status" });
  const live = { status: (object as { status?: unknown }).status };
  if (isApplied({ status }, { live, owned })) return object;
  const wanted = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    // The uid makes sure that the status of one object never ends up on
    // another of the same name.
    metadata: { name, namespace, uid },
    status,
  };
  const applied = await client.apply<KubeObject>(resource, wanted, {
    fieldManager,
    force,
    signal,
    subresource: "status",
    ...(ifUnchanged ? { resourceVersion } : {}),
  });
  return applied as T;
}
