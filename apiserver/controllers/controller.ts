/**
 * What the controllers have in common.
 *
 * @module
 */
import { StatusError } from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import type {
  Change,
  InternalClient,
  KubeObject,
  ObjectKey,
  Reader,
  ResourceDefinition,
} from "../types.ts";
import type { Result } from "./queue.ts";

/** A control loop over keys. Everything is read from the current state, never from the change. */
export interface Controller {
  name: string;
  /** Keys to look at when the server starts. */
  initial(): Iterable<string>;
  /** Keys to look at after a change. Called for every change, so it must be quick. */
  affected(change: Change): readonly string[];
  /** Makes the state right for one key. Throws to be called again. */
  reconcile(key: string): Promise<Result>;
}

/** What controllers work with. */
export interface ControllerContext {
  client: InternalClient;
  reader: Reader;
  now: () => Date;
  /** Every resource that is served at the moment. */
  resources: () => ResourceDefinition[];
}

/** Whether `error` is an answer with this reason. */
export function hasReason(error: unknown, ...reasons: string[]): boolean {
  return error instanceof StatusError && reasons.includes(error.reason);
}

/** Waits for `work`, which may find that somebody else did it already. */
export async function tolerate(
  work: Promise<unknown>,
  ...reasons: string[]
): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!hasReason(error, ...reasons)) throw error;
  }
}

/** A copy of `object` that may be changed. */
export function copy(object: KubeObject): KubeObject {
  return cloneJson(object);
}

/** An object's key as one string; no part of it can have a slash. */
export function keyText({ group, resource, namespace, name }: ObjectKey) {
  return [group, resource, namespace ?? "", name].join("/");
}

/** The reverse of {@linkcode keyText}. */
export function parseKey(text: string): ObjectKey {
  const [group = "", resource = "", namespace = "", name = ""] = text.split(
    "/",
  );
  return { group, resource, ...(namespace ? { namespace } : {}), name };
}

/** The key of a changed object. */
export function keyOfChange({ group, resource, object }: Change): ObjectKey {
  const { namespace, name } = object.metadata;
  return { group, resource, ...(namespace ? { namespace } : {}), name };
}

/** Namespaces that are not going away. */
export function activeNamespaces(reader: Reader): string[] {
  return reader.list({ group: "", resource: "namespaces" })
    .filter((namespace) => !namespace.metadata.deletionTimestamp)
    .map((namespace) => namespace.metadata.name);
}

/** Whether the namespace is there and not going away. */
export function isActive(reader: Reader, name: string): boolean {
  const namespace = reader.get({ group: "", resource: "namespaces", name });
  return !!namespace && !namespace.metadata.deletionTimestamp;
}
