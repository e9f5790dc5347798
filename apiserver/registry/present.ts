/**
 * Stored objects in the version that a client asked for.
 *
 * @module
 */
import type { Entry } from "../storage/entry.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type { KubeObject } from "../types.ts";
import type { Served } from "./resources.ts";

const encoder = new TextEncoder();
const prefixes = new WeakMap<Served, Uint8Array>();

/** The object with its keys in the order in which everything is stored: apiVersion, kind, metadata, the rest. */
export function ordered(object: KubeObject, apiVersion: string): KubeObject {
  const [first, second, third] = Object.keys(object);
  if (
    first === "apiVersion" && second === "kind" && third === "metadata" &&
    object.apiVersion === apiVersion
  ) return object;
  const { apiVersion: _, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest };
}

function isIn(served: Served, bytes: Uint8Array): boolean {
  let prefix = prefixes.get(served);
  if (!prefix) {
    prefix = encoder.encode(`{"apiVersion":"${served.apiVersion}",`);
    prefixes.set(served, prefix);
  }
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    if (bytes[i] !== prefix[i]) return false;
  }
  return true;
}

/** A stored object in the version of `served`, by the schema of today. Shared: not to be changed. */
export function toServed(served: Served, object: KubeObject): KubeObject {
  if (isOlder(served, object) || isOtherVersion(served, object)) {
    return broughtUp(served, object);
  }
  return inVersion(served, object);
}

function inVersion(served: Served, object: KubeObject): KubeObject {
  if (object.apiVersion === served.apiVersion) return object;
  const { storedAs } = served.definition;
  return ordered(
    storedAs ? storedAs.decode(object) : object,
    served.apiVersion,
  );
}

/** Whether the object was written before the definition last changed, so that its schema may say something else now. */
function isOlder({ definition }: Served, { metadata }: KubeObject): boolean {
  return definition.since !== undefined &&
    Number(metadata.resourceVersion) <= definition.since;
}

/** Whether the versions of a custom resource differ, each with a schema of its own. */
function isOtherVersion(
  { definition, apiVersion }: Served,
  object: KubeObject,
): boolean {
  return definition.custom && object.apiVersion !== apiVersion;
}

const known = new WeakMap<Served, WeakMap<KubeObject, KubeObject>>();

/**
 * What is read is pruned and defaulted by the schema of the version in which it is stored, and pruned by that of the
 * version asked for, whose defaults are for what is written; the object itself where that changes nothing.
 */
function broughtUp(served: Served, object: KubeObject): KubeObject {
  let objects = known.get(served);
  if (!objects) known.set(served, objects = new WeakMap());
  let shown = objects.get(object);
  if (!shown) {
    const { metadata, ...rest } = inVersion(served, object);
    const { schema } = served;
    const own = structuredClone(rest) as unknown as KubeObject;
    const stored = object.apiVersion === served.apiVersion
      ? schema
      : object.apiVersion === served.storageApiVersion
      ? served.storageSchema
      : undefined;
    stored?.prune(own);
    stored?.default(own);
    if (stored !== schema) schema?.prune(own);
    shown = deepEqual(own, rest) && object.apiVersion === served.apiVersion
      ? object
      : ordered({ ...own, metadata }, served.apiVersion);
    objects.set(object, shown);
  }
  return shown;
}

/** An object of `served` as it is stored. */
export function toStored(served: Served, object: KubeObject): KubeObject {
  const { storedAs } = served.definition;
  const { storageSchema } = served;
  if (storageSchema && served.apiVersion !== served.storageApiVersion) {
    const { metadata, ...rest } = object;
    const own = cloneJson(rest) as unknown as KubeObject;
    storageSchema.prune(own);
    storageSchema.default(own);
    return ordered({ ...own, metadata }, served.storageApiVersion);
  }
  return ordered(
    storedAs ? storedAs.encode(object) : object,
    served.storageApiVersion,
  );
}

/** The object in the version of `served`. Shared: not to be changed. */
export function objectOf(served: Served, entry: Entry): KubeObject {
  return toServed(served, entry.object);
}

/** The object as JSON in the version of `served`, as stored where that is the same. */
export function bytesOf(
  served: Served,
  entry: Entry,
): Uint8Array<ArrayBuffer> {
  const { since } = served.definition;
  // Most are newer than the definition and need not be parsed to say so.
  const asStored = isIn(served, entry.bytes) &&
    (since === undefined || entry.resourceVersion > since ||
      toServed(served, entry.object) === entry.object);
  return asStored
    ? entry.bytes
    : encoder.encode(JSON.stringify(objectOf(served, entry)));
}
