/**
 * What the server sees to in `metadata`: system fields, names, and what may not change.
 *
 * @module
 */
import { badRequest, type StatusError } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { compileSchema } from "../schema/mod.ts";
import { invalidValue } from "../schema/field_error.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import type {
  FieldError,
  JsonObject,
  KubeObject,
  ObjectMeta,
} from "../types.ts";
import {
  annotationErrors,
  finalizerErrors,
  labelErrors,
  nameProblems,
} from "./names.ts";
import { ownerErrors } from "./owner_references.ts";
import type { Served } from "./resources.ts";

const SUFFIX_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
/** Finalizers without a domain: of the garbage collector and of namespaces. */
const STANDARD_FINALIZERS = ["foregroundDeletion", "kubernetes", "orphan"];
const types = compileSchema(objectMetaSchema);

/** A name from `generateName`: five characters that spell no word. */
export function generatedName(prefix: string): string {
  const random = crypto.getRandomValues(new Uint8Array(5));
  const suffix = Array.from(
    random,
    (n) => SUFFIX_CHARACTERS[n % SUFFIX_CHARACTERS.length],
  ).join("");
  return prefix.slice(0, 63 - 5) + suffix;
}

let second = NaN;
let secondText = "";

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  const now = Math.floor(date.getTime() / 1000);
  if (now !== second) {
    secondText = date.toISOString().replace(/\.\d+Z$/, "Z");
    second = now;
  }
  return secondText;
}

/**
 * Takes `metadata` of a client's object apart: its types, and what every object leaves out where it is empty.
 *
 * @throws 400, or what `refuse` makes of the reason, where a field has the wrong type.
 */
export function readMetadata(
  object: JsonObject,
  { kind, refuse = badRequest }: {
    kind: string;
    refuse?: (why: string) => StatusError;
  },
): void {
  object.metadata ??= {};
  if (typeof object.metadata !== "object" || Array.isArray(object.metadata)) {
    throw refuse(`${kind}: metadata must be an object`);
  }
  const metadata = object.metadata as JsonObject;
  for (const key in metadata) if (metadata[key] === null) delete metadata[key];
  // What stands there twice is nothing wrong by itself.
  const wrong = types.validate(metadata)
    .find(({ reason }) => reason !== "FieldValueDuplicate");
  if (wrong) {
    throw refuse(
      `${kind} cannot be handled: metadata.${wrong.field}: ${wrong.message}`,
    );
  }
  for (const key of ["labels", "annotations"]) {
    const map = metadata[key];
    if (map && Object.keys(map).length === 0) delete metadata[key];
  }
  for (const key of ["finalizers", "ownerReferences"]) {
    const list = metadata[key];
    if (Array.isArray(list) && list.length === 0) delete metadata[key];
  }
  delete metadata.selfLink;
}

/** Takes out a list of managers in which there is none. */
export function leaveOutNoManagers(metadata: ObjectMeta): void {
  if (metadata.managedFields?.length === 0) delete metadata.managedFields;
}

/** Fills in the system fields of a new object. */
export function stampNew(
  object: KubeObject,
  { served, now }: { served: Served; now: Date },
): void {
  const metadata: Partial<ObjectMeta> = object.metadata;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  delete metadata.resourceVersion;
  metadata.uid = crypto.randomUUID();
  metadata.creationTimestamp = timestamp(now);
  if (served.definition.generation) metadata.generation = 1;
}

/** Carries over from `old` what a client can't change, so that leaving it out changes nothing. */
export function keepSystemFields(object: KubeObject, old: KubeObject): void {
  const { metadata } = object;
  const was = old.metadata;
  metadata.uid = was.uid;
  metadata.creationTimestamp = was.creationTimestamp;
  for (
    const field of [
      "generation",
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
      "generateName",
    ] as const
  ) {
    if (was[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: was[field] });
  }
  metadata.resourceVersion = was.resourceVersion;
}

/** Problems with the metadata of an object, and with its change where `old` is given. */
export function metadataErrors(
  object: KubeObject,
  { served, old }: { served: Served; old?: KubeObject },
): FieldError[] {
  const { metadata } = object;
  const errors: FieldError[] = [];
  const { definition } = served;
  if (!old) {
    // A dash at its end is followed by what the server generates.
    const prefix = metadata.generateName?.replace(/.-$/, "a");
    if (prefix) {
      errors.push(
        ...nameProblems(definition, prefix).map((why) =>
          invalidValue("metadata.generateName", metadata.generateName, why)
        ),
      );
    }
    errors.push(
      ...nameProblems(definition, metadata.name).map((why) =>
        invalidValue("metadata.name", metadata.name, why)
      ),
    );
  }
  // What has not changed was looked at when it came.
  const changed = (field: "labels" | "annotations") =>
    !deepEqual(metadata[field], old?.metadata[field]);
  if (metadata.labels && changed("labels")) {
    errors.push(...labelErrors(metadata.labels));
  }
  if (metadata.annotations && changed("annotations")) {
    errors.push(...annotationErrors(metadata.annotations));
  }
  errors.push(...finalizerErrors(metadata.finalizers ?? []));
  errors.push(...ownerErrors(metadata.ownerReferences ?? []));
  if (requiresDomains(definition)) {
    metadata.finalizers?.forEach((name, index) => {
      if (!isBare(name)) return;
      errors.push(invalidValue(
        `metadata.finalizers[${index}]`,
        name,
        "name is neither a standard finalizer name nor is it fully qualified",
      ));
    });
  }
  if (old?.metadata.deletionTimestamp) {
    const had = new Set(old.metadata.finalizers);
    const added = (metadata.finalizers ?? []).filter((f) => !had.has(f));
    if (added.length > 0) {
      const list = added.map((f) => JSON.stringify(f)).join(", ");
      errors.push({
        reason: "FieldValueForbidden",
        field: "metadata.finalizers",
        message:
          `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      });
    }
  }
  return errors;
}

/** Kinds whose validation is older than the generic one. */
function requiresDomains({ group }: Served["definition"]): boolean {
  return group === "" || group === "rbac.authorization.k8s.io";
}

/** Whether a finalizer neither names a domain nor is one of Kubernetes' own. */
function isBare(finalizer: string): boolean {
  return !finalizer.includes("/") && !STANDARD_FINALIZERS.includes(finalizer);
}

/** What the author of an object should know of its metadata. */
export function metadataWarnings(
  { metadata }: KubeObject,
  { served, old }: { served: Served; old?: KubeObject },
): string[] {
  const { custom, group } = served.definition;
  if (!custom && group !== "apiextensions.k8s.io") return [];
  const had = new Set(old?.metadata.finalizers);
  return (metadata.finalizers ?? [])
    .filter((name) => isBare(name) && !had.has(name))
    .map((name) =>
      `metadata.finalizers: "${name}": prefer a domain-qualified finalizer name ${
        name.includes(".") ? "including a path (/) " : ""
      }to avoid accidental conflicts with other finalizer writers`
    );
}
