import { updateManagedFields } from "../apply/mod.ts";
import {
  badRequest,
  conflict,
  invalid,
  notFound,
  StatusError,
} from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { invalidValue } from "../schema/field_error.ts";
import type { Entry } from "../storage/entry.ts";
import type { Decision } from "../storage/store.ts";
import type { KubeObject, ResourceDefinition } from "../types.ts";
import { create } from "./create.ts";
import {
  keepSystemFields,
  leaveOutNoManagers,
  metadataWarnings,
  timestamp,
} from "./metadata.ts";
import { objectOf, toServed, toStored } from "./present.ts";
import { validate } from "./validate.ts";
import { readObject } from "./read_object.ts";
import {
  type Body,
  keyOf,
  kindOf,
  nameOf,
  type Registry,
  type ResourceRequest,
  strategyContext,
} from "./registry.ts";

/** Kinds that a PUT may create, as in kube-apiserver. */
const CREATE_ON_UPDATE = new Set([
  "coordination.k8s.io/leases",
  "/events",
  "events.k8s.io/events",
  "rbac.authorization.k8s.io/roles",
  "rbac.authorization.k8s.io/rolebindings",
  "rbac.authorization.k8s.io/clusterroles",
  "rbac.authorization.k8s.io/clusterrolebindings",
]);

/** The outcome of a write that may have made the object. */
export interface Written {
  object: KubeObject;
  created: boolean;
}

/** Answers a PUT of an object or of its status. */
export async function update(
  registry: Registry,
  request: ResourceRequest,
  body: Body,
): Promise<Written> {
  const { served, info } = request;
  const { definition } = served;
  const sent = readObject(served, body, request.options);
  if (!sent.metadata.name) throw nameless(info.name);
  if (
    !info.subresource && !registry.store.get(keyOf(request)) &&
    CREATE_ON_UPDATE.has(`${definition.group}/${definition.resource}`)
  ) {
    // Read again, it has no more to be warned of.
    const again = { value: body.value, duplicates: [] };
    return { object: await create(registry, request, again), created: true };
  }
  const object = await change(registry, request, (old) => {
    const { metadata } = sent;
    if (!metadata.resourceVersion && requiresVersion(request)) {
      // Whoever keeps it says so, and names what it keeps by the resource.
      const { group, resource } = definition;
      throw invalid({ group, kind: resource }, info.name, [{
        reason: "FieldValueInvalid",
        field: "metadata.resourceVersion",
        message: "Invalid value: 0: must be specified for an update",
      }]);
    }
    checkIdentity(sent, old, request);
    return cloneJson(sent);
  });
  return { object, created: false };
}

/** Kinds whose writers have to say which state they replace, as in kube-apiserver: whole groups end in a slash. */
const VERSION_REQUIRED = new Set([
  "admissionregistration.k8s.io/",
  "apiextensions.k8s.io/",
  "apiregistration.k8s.io/",
  "coordination.k8s.io/leases",
  "node.k8s.io/runtimeclasses",
  "policy/poddisruptionbudgets",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/csistoragecapacities",
  "storage.k8s.io/volumeattachments",
]);

function requiresVersion({ served: { definition } }: ResourceRequest) {
  const { custom, group, resource } = definition;
  return custom || VERSION_REQUIRED.has(`${group}/`) ||
    VERSION_REQUIRED.has(`${group}/${resource}`);
}

/** Refuses an object that is not the one that the URL names, or an older state of it. */
export function checkIdentity(
  object: KubeObject,
  old: KubeObject,
  { served, info }: ResourceRequest,
  { patch = false }: {
    /** Whether the object is an old one, patched. */ patch?: boolean;
  } = {},
): void {
  const { metadata } = object;
  if (!metadata.name) throw nameless(info.name);
  if (metadata.name !== info.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  if (served.definition.namespaced) {
    metadata.namespace ||= info.namespace;
    if (metadata.namespace !== info.namespace) {
      throw badRequest(
        "the namespace of the provided object does not match the namespace sent on the request",
      );
    }
  }
  const fixed = patch ? IMMUTABLE : ["deletionTimestamp"] as const;
  const changed = fixed.filter((field) =>
    metadata[field] !== undefined && metadata[field] !== old.metadata[field]
  );
  if (changed.length > 0) {
    throw invalid(
      served.definition,
      info.name,
      changed.map((field) =>
        invalidValue(`metadata.${field}`, metadata[field], "field is immutable")
      ),
    );
  }
  if (metadata.uid && metadata.uid !== old.metadata.uid) {
    throw conflict(
      nameOf(served),
      info.name,
      `StorageError: invalid object, Code: 4, Key: ${
        storageKey({ served, info })
      }, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  const { resourceVersion } = metadata;
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    // kube-apiserver calls it an error of its own, a 500.
    throw new StatusError(
      400,
      "",
      `strconv.ParseUint: parsing ${
        JSON.stringify(resourceVersion)
      }: invalid syntax`,
    );
  }
  if (resourceVersion && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(nameOf(served), info.name);
  }
}

/** For an object without a name, where the URL alone names it. */
export function nameless(name: string): StatusError {
  return badRequest(
    `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
}

/** What a patch cannot change silently. */
const IMMUTABLE = ["uid", "deletionTimestamp"] as const;

/** Where kube-apiserver keeps an object, which its errors name. */
function storageKey(
  { served: { definition }, info }: Pick<ResourceRequest, "served" | "info">,
): string {
  const { group, resource, custom } = definition;
  const grouped = custom || group === "apiextensions.k8s.io";
  return [
    "/registry",
    ...grouped ? [group] : [],
    resource,
    info.namespace,
    info.name,
  ]
    .filter(Boolean).join("/");
}

/** Options of {@linkcode change}. */
export interface ChangeOptions {
  /** managedFields of the new state are already right (server-side apply). */
  applied?: boolean;
}

/**
 * Changes one object: `make` turns its newest state into the wanted one. What the server sees to (system fields,
 * defaulting, status, generation, validation, managedFields, the end of a deletion) happens here.
 */
export async function change(
  registry: Registry,
  request: ResourceRequest,
  make: (old: KubeObject) => KubeObject | Promise<KubeObject>,
  options: ChangeOptions = {},
): Promise<KubeObject> {
  const { served, info } = request;
  let dry: KubeObject | undefined;
  const entry = await registry.store.write(keyOf(request), async (current) => {
    if (!current) throw notFound(nameOf(served), info.name);
    const decision = await decideChange(registry, request, current, {
      ...options,
      make,
    });
    if (!request.options.dryRun) return decision;
    if (decision.type !== "none") dry = decision.object;
    return { type: "none" };
  });
  return dry ? toServed(served, dry) : objectOf(served, entry!);
}

/** The decision of {@linkcode change}, for callers that hold the object's turn already. */
export async function decideChange(
  registry: Registry,
  request: ResourceRequest,
  current: Entry,
  { make, applied = false }: ChangeOptions & {
    make: (old: KubeObject) => KubeObject | Promise<KubeObject>;
  },
): Promise<Decision> {
  const { served, info, options } = request;
  const { definition } = served;
  const { strategy } = definition;
  const old = objectOf(served, current);
  const object = await make(old);
  const context = strategyContext(registry, request);
  keepSystemFields(object, old);
  separateStatus(object, old, request);
  if (info.subresource === "") {
    strategy?.prepareForUpdate?.(object, old, context);
  }
  if (definition.generation && desiredChanged(object, old, request)) {
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  }
  const errors = validate(served, object, {
    old,
    subresource: info.subresource,
  });
  if (errors.length > 0) throw invalid(kindOf(served), info.name, errors);
  for (const text of metadataWarnings(object, { served, old })) {
    options.warn?.(text);
  }
  registry.admit({
    operation: "UPDATE",
    served,
    info,
    options,
    object,
    old,
  });
  const admitted = strategy?.admit?.(object, old, context);
  if (admitted) await admitted;
  if (!applied) {
    object.metadata.managedFields = updateManagedFields({
      live: old,
      updated: object,
      manager: options.fieldManager,
      operation: "Update",
      apiVersion: served.apiVersion,
      subresource: info.subresource,
      statusSubresource: definition.subresources.status ?? false,
      resetFields: resetFields(request),
      schema: definition.schema,
      zero: definition.zero,
      // kube-apiserver carries this entry over from the Scale, which has no times.
      now: info.subresource === "scale" ? "" : timestamp(registry.now()),
    });
  }
  leaveOutNoManagers(object.metadata);
  const next = toStored(served, object);
  if (isDone(object, strategy?.holds)) return { type: "delete", object: next };
  if (
    sameButTimes(object, old) && current.object.apiVersion === next.apiVersion
  ) {
    return { type: "none" };
  }
  return { type: "put", object: next };
}

/** Whether a deleted object has nothing left that holds it. */
export function isDone(
  object: KubeObject,
  holds?: (object: KubeObject) => boolean,
): boolean {
  return object.metadata.deletionTimestamp !== undefined &&
    !object.metadata.finalizers?.length && !holds?.(object);
}

/** Whether `/status` leaves metadata as it is: that of built-in kinds takes labels and the like, too. */
function statusKeepsMetadata({ custom, group }: ResourceDefinition): boolean {
  return custom || group === "apiextensions.k8s.io";
}

/** The fields that a write leaves alone, and hence nobody owns by it, where its subresource does not say. */
export function resetFields(
  { served: { definition }, info }: ResourceRequest,
): string[][] | undefined {
  return info.subresource === "status" && !statusKeepsMetadata(definition)
    ? [["spec"]]
    : undefined;
}

/** `/status` changes the status only, everything else all but the status. */
function separateStatus(
  object: KubeObject,
  old: KubeObject,
  { served: { definition }, info }: ResourceRequest,
) {
  if (!definition.subresources.status) return;
  if (info.subresource !== "status") {
    if (info.subresource !== "") return;
    if (old.status === undefined) delete object.status;
    else object.status = old.status;
    return;
  }
  const { managedFields } = object.metadata;
  for (const field of Object.keys(object)) {
    if (["status", "metadata", "apiVersion", "kind"].includes(field)) continue;
    if (!(field in old)) delete object[field];
  }
  for (const [field, value] of Object.entries(old)) {
    if (!["status", "metadata"].includes(field)) object[field] = value;
  }
  if (statusKeepsMetadata(definition)) {
    object.metadata = { ...old.metadata };
    if (managedFields) object.metadata.managedFields = managedFields;
  }
}

/** Whether what `metadata.generation` counts has changed. */
function desiredChanged(
  object: KubeObject,
  old: KubeObject,
  { served: { definition }, info }: ResourceRequest,
): boolean {
  if (info.subresource === "status") return false;
  if (!definition.custom) return !deepEqual(object.spec, old.spec);
  const desired = (of: KubeObject) => {
    const { metadata: _, status, apiVersion: __, ...rest } = of;
    return definition.subresources.status ? rest : { ...rest, status };
  };
  return !deepEqual(desired(object), desired(old));
}

/** Whether two states differ in nothing but the times in managedFields. */
function sameButTimes(object: KubeObject, old: KubeObject): boolean {
  if (!sameBut(object, old, "metadata")) return false;
  const { metadata } = object;
  if (!sameBut(metadata, old.metadata, "managedFields")) return false;
  const before = old.metadata.managedFields ?? [];
  const after = metadata.managedFields ?? [];
  return after.length === before.length &&
    after.every((entry, i) => sameBut(entry, before[i]!, "time"));
}

/** Whether all fields but one are equal. */
function sameBut<T extends object>(a: T, b: T, except: keyof T): boolean {
  for (const key in a) {
    if (key !== except && !deepEqual(a[key], b[key])) return false;
  }
  for (const key in b) {
    if (key !== except && a[key] === undefined && b[key] !== undefined) {
      return false;
    }
  }
  return true;
}
