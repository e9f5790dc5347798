/**
 * What the server sees to in `metadata`: system fields, names, and what may not change.
 *
 * @module
 */
import { badRequest } from "../errors.ts";
import { compileSchema } from "../schema/mod.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import type {
  FieldError,
  JsonObject,
  KubeObject,
  ObjectMeta,
  OwnerReference,
} from "../types.ts";
import {
  annotationErrors,
  labelErrors,
  nameProblems,
  qualifiedNameProblems,
} from "./names.ts";
import type { Served } from "./resources.ts";

const SUFFIX_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
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
 * @throws 400 where a field has the wrong type.
 */
export function readMetadata(object: JsonObject, kind: string): void {
  object.metadata ??= {};
  if (typeof object.metadata !== "object" || Array.isArray(object.metadata)) {
    throw badRequest(`${kind}: metadata must be an object`);
  }
  const metadata = object.metadata as JsonObject;
  for (const [key, value] of Object.entries(metadata)) {
    if (value === null) delete metadata[key];
  }
  const wrong = types.validate(metadata)[0];
  if (wrong) {
    throw badRequest(
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
  if (!old) {
    errors.push(
      ...nameProblems(served.definition, metadata.name).map((why) => ({
        reason: "FieldValueInvalid",
        field: "metadata.name",
        message: `Invalid value: ${JSON.stringify(metadata.name)}: ${why}`,
      })),
    );
  }
  if (metadata.labels && metadata.labels !== old?.metadata.labels) {
    errors.push(...labelErrors(metadata.labels));
  }
  if (metadata.annotations) {
    errors.push(...annotationErrors(metadata.annotations));
  }
  metadata.finalizers?.forEach((name, index) => {
    for (const why of qualifiedNameProblems(name)) {
      errors.push({
        reason: "FieldValueInvalid",
        field: `metadata.finalizers[${index}]`,
        message: `Invalid value: ${JSON.stringify(name)}: ${why}`,
      });
    }
  });
  errors.push(...ownerErrors(metadata.ownerReferences ?? []));
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

function ownerErrors(owners: OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  owners.forEach((owner, index) => {
    const field = `metadata.ownerReferences[${index}]`;
    for (const key of ["apiVersion", "kind", "name", "uid"] as const) {
      if (owner[key]) continue;
      errors.push({
        reason: "FieldValueRequired",
        field: `${field}.${key}`,
        message: "Required value: must not be empty",
      });
    }
  });
  const controllers = owners.filter((owner) => owner.controller);
  if (controllers.length > 1) {
    errors.push({
      reason: "FieldValueInvalid",
      field: "metadata.ownerReferences",
      message: `Invalid value: ${
        JSON.stringify(owners)
      }: Only one reference can have Controller set to true. Found "true" in references for ${
        controllers[0]!.kind
      }/${controllers[0]!.name} and ${controllers[1]!.kind}/${
        controllers[1]!.name
      }`,
    });
  }
  return errors;
}
