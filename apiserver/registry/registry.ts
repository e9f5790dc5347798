/**
 * What the functions of the registry work with.
 *
 * @module
 */
import type { Store } from "../storage/store.ts";
import type {
  AuthorizationAttributes,
  Decision,
  JsonObject,
  KubeObject,
  RequestInfo,
  StrategyContext,
  WriteOptions,
} from "../types.ts";
import type { Resources, Served } from "./resources.ts";

/** A write as admission sees it, after defaulting and validation. */
export interface AdmissionAttributes {
  operation: "CREATE" | "UPDATE" | "DELETE";
  served: Served;
  info: RequestInfo;
  options: WriteOptions;
  /** The state to be; undefined for DELETE. May be changed for CREATE and UPDATE. */
  object?: KubeObject;
  old?: KubeObject;
}

/** Storage, definitions and surroundings. */
export interface Registry {
  store: Store;
  resources: Resources;
  now(): Date;
  authorize(
    attributes: AuthorizationAttributes,
  ): Decision | Promise<Decision>;
  /** Throws a StatusError to refuse. */
  admit(attributes: AdmissionAttributes): void;
}

/** A request for a resource, with what was read from URL, headers and body. */
export interface ResourceRequest {
  served: Served;
  info: RequestInfo;
  options: WriteOptions;
}

/** The body of a write. */
export interface Body {
  value: JsonObject;
  /** What a strict decoder has to say of the text (duplicate keys). */
  duplicates: string[];
}

/** What a strategy is given. */
export function strategyContext(
  registry: Registry,
  { info, options }: ResourceRequest,
): StrategyContext {
  return {
    ...options,
    info,
    now: registry.now,
    reader: registry.store.reader,
    authorize: registry.authorize,
  };
}

/** The kind as validation errors name it: of the group that stores it, as an Event of events.k8s.io is one of the core. */
export function kindOf(
  { storage, definition }: Served,
): { group: string; kind: string } {
  return { group: storage.group, kind: definition.kind };
}

/** Names the resource of a request in errors. */
export function nameOf(
  { definition }: Served,
): { group: string; resource: string; kind: string } {
  const { group, resource, kind } = definition;
  return { group, resource, kind };
}

/** The namespace that objects of a request are in; empty for cluster-scoped resources. */
export function keyOf(
  { served, info }: Pick<ResourceRequest, "served" | "info">,
  name: string = info.name,
) {
  return {
    ...served.storage,
    namespace: served.definition.namespaced ? info.namespace : "",
    name,
  };
}
