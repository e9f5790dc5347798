/**
 * Stored objects in the version that a client asked for.
 *
 * @module
 */
import type { Entry } from "../storage/entry.ts";
import type { KubeObject } from "../types.ts";
import type { Served } from "./resources.ts";

const encoder = new TextEncoder();
const prefixes = new WeakMap<Served, Uint8Array>();

/** The object with its keys in the order in which everything is stored: apiVersion, kind, metadata, the rest. */
export function ordered(
  { apiVersion: _, kind, metadata, ...rest }: KubeObject,
  apiVersion: string,
): KubeObject {
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

/** A stored object in the version of `served`. Shared: not to be changed. */
export function toServed(served: Served, object: KubeObject): KubeObject {
  if (object.apiVersion === served.apiVersion) return object;
  const { storedAs } = served.definition;
  return ordered(
    storedAs ? storedAs.decode(object) : object,
    served.apiVersion,
  );
}

/** An object of `served` as it is stored. */
export function toStored(served: Served, object: KubeObject): KubeObject {
  const { storedAs } = served.definition;
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
  return isIn(served, entry.bytes)
    ? entry.bytes
    : encoder.encode(JSON.stringify(objectOf(served, entry)));
}
