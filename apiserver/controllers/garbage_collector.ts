/**
 * Deletes objects whose owners are gone, and carries out foreground and orphan
 * deletion. Follows kubernetes `pkg/controller/garbagecollector`.
 *
 * @module
 */
import type { KubeObject, ObjectKey, OwnerReference } from "../types.ts";
import {
  type Controller,
  type ControllerContext,
  copy,
  keyOfChange,
  keyText,
  parseKey,
  tolerate,
} from "./controller.ts";
import { type Dependent, OwnerIndex } from "./owner_index.ts";

const FOREGROUND = "foregroundDeletion";
const ORPHAN = "orphan";

/** What an owner reference refers to. */
type Owner = "solid" | "absent" | "waiting";

/** The garbage collector. */
export function garbageCollector(
  { client, reader, resources }: ControllerContext,
): Controller {
  const index = new OwnerIndex();

  /** The key of an owner; undefined where its kind is not known or it can't own `child`. */
  function ownerKey(
    reference: OwnerReference,
    child: KubeObject,
  ): ObjectKey | undefined {
    const definition =
      resources().find((r) =>
        r.kind === reference.kind && !r.verbs.every((v) => v === "create") &&
        (r.group ? `${r.group}/${r.version}` : r.version) ===
          reference.apiVersion
      ) ?? resources().find((r) =>
        // Another version of the same group, which need not be served any more.
        r.kind === reference.kind &&
        r.group === groupOf(reference.apiVersion) &&
        !r.verbs.every((v) => v === "create")
      );
    if (!definition) return undefined;
    const { namespace } = child.metadata;
    // Something cluster-wide can't be owned by something in a namespace.
    if (definition.namespaced && !namespace) return undefined;
    const { group, resource } = definition.storedAs ?? definition;
    return {
      group,
      resource,
      ...(definition.namespaced ? { namespace } : {}),
      name: reference.name,
    };
  }

  function classify(reference: OwnerReference, child: KubeObject): Owner {
    const key = ownerKey(reference, child);
    // Never delete on the word of a kind that nobody can look up.
    if (!key) return "solid";
    const owner = reader.get(key);
    if (owner?.metadata.uid !== reference.uid) return "absent";
    return isDeleting(owner, FOREGROUND) ? "waiting" : "solid";
  }

  function* ownersOf(object: KubeObject): Generator<string> {
    for (const reference of object.metadata.ownerReferences ?? []) {
      const key = ownerKey(reference, object);
      if (key) yield keyText(key);
    }
  }

  async function removeFinalizer(
    key: ObjectKey,
    { object, finalizer }: { object: KubeObject; finalizer: string },
  ): Promise<void> {
    const next = copy(object);
    next.metadata.finalizers = next.metadata.finalizers?.filter((f) =>
      f !== finalizer
    );
    await tolerate(client.update(key, next), "NotFound");
  }

  async function removeOwners(
    key: ObjectKey,
    { object, uids }: { object: KubeObject; uids: Set<string> },
  ): Promise<void> {
    const next = copy(object);
    next.metadata.ownerReferences = next.metadata.ownerReferences?.filter(
      ({ uid }) => !uids.has(uid),
    );
    await tolerate(client.update(key, next), "NotFound");
  }

  function dependents(owner: KubeObject): Dependent[] {
    return index.dependents(owner.metadata.uid);
  }

  /** Makes its dependents forget an owner, before it may go. */
  async function orphan(key: ObjectKey, owner: KubeObject): Promise<void> {
    const uids = new Set([owner.metadata.uid]);
    await Promise.all(
      dependents(owner).map(async (dependent) => {
        const dependentKey = parseKey(dependent.key);
        const object = reader.get(dependentKey);
        if (object) await removeOwners(dependentKey, { object, uids });
      }),
    );
    await removeFinalizer(key, { object: owner, finalizer: ORPHAN });
  }

  /** Lets an owner go once nothing blocks it; its dependents see that it waits and go first. */
  async function foreground(key: ObjectKey, owner: KubeObject) {
    const blocking = dependents(owner).filter(({ blocks, key }) =>
      blocks && reader.get(parseKey(key))
    );
    if (blocking.length === 0) {
      await removeFinalizer(key, { object: owner, finalizer: FOREGROUND });
      return;
    }
    await Promise.all(blocking.map(async (dependent) => {
      const dependentKey = parseKey(dependent.key);
      const object = reader.get(dependentKey);
      if (object && !object.metadata.deletionTimestamp) {
        await collect(dependentKey, object);
      }
    }));
  }

  /** Deletes an object that has owners, none of which holds it any more. */
  async function collect(key: ObjectKey, object: KubeObject): Promise<void> {
    const references = object.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = references.map((reference) => ({
      uid: reference.uid,
      state: classify(reference, object),
    }));
    const lost = owners.filter(({ state }) => state !== "solid");
    if (lost.length < owners.length) {
      if (lost.length === 0) return;
      const uids = new Set(lost.map(({ uid }) => uid));
      await removeOwners(key, { object, uids });
      return;
    }
    const own = dependents(object);
    const waiting = owners.some(({ state }) => state === "waiting");
    if (waiting && own.length > 0) {
      const circle = own.some(({ key }) => {
        const dependent = reader.get(parseKey(key));
        return dependent && isDeleting(dependent, FOREGROUND);
      });
      if (circle) {
        object = await unblock(key, object);
      }
    }
    const { finalizers = [] } = object.metadata;
    const propagationPolicy = waiting && own.length > 0
      ? "Foreground"
      : finalizers.includes(ORPHAN)
      ? "Orphan"
      : finalizers.includes(FOREGROUND)
      ? "Foreground"
      : "Background";
    await tolerate(
      client.delete(key, {
        uid: object.metadata.uid,
        resourceVersion: object.metadata.resourceVersion,
        propagationPolicy,
      }),
      "NotFound",
    );
  }

  /** Two that own each other would wait forever. */
  async function unblock(
    key: ObjectKey,
    object: KubeObject,
  ): Promise<KubeObject> {
    const next = copy(object);
    for (const reference of next.metadata.ownerReferences ?? []) {
      if (reference.blockOwnerDeletion) reference.blockOwnerDeletion = false;
    }
    return await client.update(key, next);
  }

  return {
    name: "garbage-collector",
    *initial() {
      const seen = new Set<string>();
      for (const { group, resource, storedAs, verbs } of resources()) {
        if (storedAs || !verbs.includes("list")) continue;
        const id = `${group}/${resource}`;
        if (seen.has(id)) continue;
        seen.add(id);
        for (const object of reader.mentioning({ group, resource }, FIELDS)) {
          const { namespace, name } = object.metadata;
          const key = keyText({ group, resource, namespace, name });
          index.put(key, object);
          if (needsLook(object)) yield key;
        }
      }
    },
    affected(change) {
      const { type, object, group, resource } = change;
      // A kind that could not be looked up may be known now.
      const known = group === "apiextensions.k8s.io" &&
        resource === "customresourcedefinitions";
      const { uid, ownerReferences, deletionTimestamp } = object.metadata;
      // Nearly all that is written.
      const alone = !ownerReferences && !deletionTimestamp && !known;
      if (type !== "DELETED" && alone && !index.has(uid)) return [];
      const key = keyText(keyOfChange(change));
      if (type === "DELETED") {
        index.remove(uid);
        // Owners that waited for it, and what it owned.
        const dependents = index.dependents(uid);
        return [...ownersOf(object), ...dependents.map(({ key }) => key)];
      }
      const changed = index.put(key, object);
      const goes = !!deletionTimestamp && needsLook(object);
      if (!changed && !goes && !known) return [];
      return [
        ...changed && change.old ? ownersOf(change.old) : [],
        ...changed || goes ? [key] : [],
        ...known ? index.owned() : [],
      ];
    },
    async reconcile(text) {
      const key = parseKey(text);
      const object = reader.get(key);
      if (!object) return;
      if (isDeleting(object, ORPHAN)) return await orphan(key, object);
      if (isDeleting(object, FOREGROUND)) {
        await foreground(key, object);
        return;
      }
      if (!object.metadata.deletionTimestamp) await collect(key, object);
    },
  };
}

function isDeleting(object: KubeObject, finalizer: string): boolean {
  return !!object.metadata.deletionTimestamp &&
    (object.metadata.finalizers?.includes(finalizer) ?? false);
}

/** What an object that needs a look has in any case. */
const FIELDS = ["ownerReferences", "deletionTimestamp"];

function needsLook(object: KubeObject): boolean {
  const { ownerReferences, deletionTimestamp, finalizers } = object.metadata;
  return !!ownerReferences?.length ||
    (!!deletionTimestamp && !!finalizers?.length);
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}
