import { conflict, notFound } from "../errors.ts";
import type { DeleteOptions } from "../request/delete_options.ts";
import { cloneJson } from "../schema/clone_json.ts";
import type { Decision } from "../storage/store.ts";
import type { JsonObject, KubeObject, ObjectMeta } from "../types.ts";
import { timestamp } from "./metadata.ts";
import { objectOf, toStored } from "./present.ts";
import {
  keyOf,
  nameOf,
  type Registry,
  type ResourceRequest,
} from "./registry.ts";
import { isDone } from "./update.ts";

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/** Kinds whose deletion is kube-apiserver's own business: it sets the time alone. */
const WITHOUT_GRACE = new Set([
  "/namespaces",
  "apiextensions.k8s.io/customresourcedefinitions",
]);

/** What became of an object that was to be deleted. */
export interface Deleted {
  /** Its last state, or the one in which it waits for finalizers. */
  object: KubeObject;
  /** Whether it is gone. */
  gone: boolean;
}

/** Deletes an object, or marks it where finalizers hold it. */
export async function deleteObject(
  registry: Registry,
  request: ResourceRequest,
  options: DeleteOptions,
): Promise<Deleted> {
  const { served, info } = request;
  const { strategy, group, resource } = served.definition;
  const dryRun = options.dryRun || request.options.dryRun;
  let result: Deleted | undefined;
  const entry = await registry.store.write(
    keyOf(request),
    (current): Decision => {
      if (!current) throw notFound(nameOf(served), info.name);
      const old = objectOf(served, current);
      checkPreconditions(old, request, options);
      registry.admit({
        operation: "DELETE",
        served,
        info,
        options: request.options,
        old,
      });
      const object = cloneJson(old);
      setFinalizers(object.metadata, options);
      const starts = !object.metadata.deletionTimestamp;
      // May add finalizers, and so comes before the question whether anything holds the object.
      if (starts) strategy?.prepareForDelete?.(object);
      const held = (object.metadata.finalizers?.length ?? 0) > 0 ||
        (strategy?.holds?.(object) ?? false);
      if (starts && held) {
        object.metadata.deletionTimestamp = timestamp(registry.now());
        if (!WITHOUT_GRACE.has(`${group}/${resource}`)) {
          object.metadata.deletionGracePeriodSeconds = 0;
        }
        if (object.metadata.generation) object.metadata.generation++;
      }
      const next = toStored(served, object);
      result = {
        object,
        gone: !held || isDone(object, strategy?.holds),
      };
      if (dryRun) return { type: "none" };
      if (result.gone) return { type: "delete", object: next };
      return JSON.stringify(object) === JSON.stringify(old)
        ? { type: "none" }
        : { type: "put", object: next };
    },
  );
  if (!dryRun) result!.object = objectOf(served, entry!);
  return result!;
}

function checkPreconditions(
  old: KubeObject,
  { served, info }: ResourceRequest,
  { uid, resourceVersion }: DeleteOptions,
) {
  // Told by the kind, as in kube-apiserver.
  const of = { ...nameOf(served), resource: served.definition.kind };
  if (uid && uid !== old.metadata.uid) {
    throw conflict(
      of,
      info.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(
      of,
      info.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`,
    );
  }
}

/** Turns the propagation policy into the finalizers that the garbage collector works off. */
function setFinalizers(
  metadata: ObjectMeta,
  { propagationPolicy }: DeleteOptions,
) {
  const had = metadata.finalizers ?? [];
  const policy = propagationPolicy ??
    (had.includes(ORPHAN)
      ? "Orphan"
      : had.includes(FOREGROUND)
      ? "Foreground"
      : "Background");
  const finalizers = had.filter((f) => f !== ORPHAN && f !== FOREGROUND);
  if (policy === "Orphan") finalizers.push(ORPHAN);
  if (policy === "Foreground") finalizers.push(FOREGROUND);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
}

/** Kinds of which a deletion answers the object even where it is gone, as in kube-apiserver; of others a Status. */
const ANSWERED = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "resource.k8s.io/deviceclasses",
  "resource.k8s.io/resourceclaims",
  "resource.k8s.io/resourceclaimtemplates",
  "resource.k8s.io/resourceslices",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
  "storage.k8s.io/volumeattributesclasses",
]);

/** Whether a deletion is answered with the object that is gone. */
export function answersDeleted({ served }: ResourceRequest): boolean {
  const { group, resource } = served.definition;
  return ANSWERED.has(`${group}/${resource}`);
}

/** The Status that answers the deletion of an object that is gone. */
export function deletedStatus(
  { served }: ResourceRequest,
  object: KubeObject,
): JsonObject {
  const { group, resource } = served.definition;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name: object.metadata.name,
      ...(group ? { group } : {}),
      kind: resource,
      uid: object.metadata.uid,
    },
  };
}
