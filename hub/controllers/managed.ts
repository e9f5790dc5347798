/**
 * Objects that the hub makes for others: ServiceAccounts, Roles, Secrets.
 *
 * @module
 */
import type { Resource } from "../../api/kind.ts";
import type { KubeObject, OwnerReference } from "../../api/meta.ts";
import { HUB_MANAGER, MANAGED_LABELS } from "../../api/names.ts";
import type { Informer } from "../../kube/informer.ts";
import { isApplied, ownedFields } from "../../kube/owned_fields.ts";
import type { Key } from "../../kube/reconciler.ts";
import type { HubContext } from "./context.ts";

/** Of {@linkcode MANAGED_LABELS}; the hub's informers follow no others. */
const SELECTOR = "app.kubernetes.io/managed-by=faros";

/** The informer of the objects of a resource that the hub made. */
export function managedInformer<T extends KubeObject = KubeObject>(
  context: HubContext,
  resource: Resource,
): Informer<T> {
  return context.informers.get<T>(resource, { labelSelector: SELECTOR });
}

/** An object as the hub wants it: its fields beside metadata are all that it has to say. */
export interface ManagedObject {
  name: string;
  namespace?: string;
  /** @default none: it goes with its workspace */
  owner?: KubeObject;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  fields?: Record<string, unknown>;
}

/**
 * Makes an object be so, and owned by its owner, if any. Nothing is sent where the
 * informer shows that it is.
 */
export async function applyManaged<T extends KubeObject = KubeObject>(
  context: HubContext,
  resource: Resource,
  wanted: ManagedObject,
): Promise<T> {
  const { name, namespace, owner, labels, annotations, fields } = wanted;
  const metadata = {
    labels: { ...MANAGED_LABELS, ...labels },
    ...(annotations ? { annotations } : {}),
    ...(owner ? { ownerReferences: [ownerReference(owner)] } : {}),
  };
  const live = managedInformer<T>(context, resource).get(namespace, name);
  if (live && !live.metadata.deletionTimestamp) {
    const owned = ownedFields(live, { fieldManager: HUB_MANAGER });
    if (isApplied({ metadata, ...fields }, { live, owned })) return live;
  }
  return await context.client.apply<KubeObject>(resource, {
    apiVersion: resource.group
      ? `${resource.group}/${resource.version}`
      : resource.version,
    kind: resource.kind,
    metadata: { name, namespace, ...metadata },
    ...fields,
  }, {
    fieldManager: HUB_MANAGER,
    force: true,
    signal: context.signal,
  }) as T;
}

/** Removes an object that the hub made, if it is there. */
export async function removeManaged(
  context: HubContext,
  resource: Resource,
  { namespace, name }: Key,
): Promise<void> {
  const live = managedInformer(context, resource).get(namespace, name);
  if (!live || live.metadata.deletionTimestamp) return;
  await context.client.delete(resource, name, {
    namespace,
    ignoreNotFound: true,
    signal: context.signal,
  });
}

/** The reference by which `owner` owns another object. */
export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata: { name, uid } } = owner;
  return { apiVersion, kind, name, uid: uid! };
}

/** For informer sources: the owners of a kind that an object has. */
export function ownersOf(kind: string): (object: KubeObject) => Key[] {
  return ({ metadata }) =>
    (metadata.ownerReferences ?? []).filter((owner) => owner.kind === kind)
      .map(({ name }) =>
        kind === "Workspace"
          ? { name }
          : { namespace: metadata.namespace, name }
      );
}

/** A name for an object that belongs to `of`; long ones are cut, and stay apart by their hash. */
export async function childName(prefix: string, of: string): Promise<string> {
  const name = `${prefix}${of}`;
  if (name.length <= 63) return name;
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(of),
  );
  const hash = new Uint8Array(digest).toHex().slice(0, 10);
  return `${name.slice(0, 52).replace(/[-.]+$/, "")}-${hash}`;
}
