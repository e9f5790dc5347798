/**
 * The types the layers of the API server hand to each other.
 *
 * @module
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
/** A JSON object; absent fields read as undefined. */
export type JsonObject = { [key: string]: Json | undefined };

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  /** RFC 3339, seconds. */
  time?: string;
  fieldsType: "FieldsV1";
  fieldsV1: JsonObject;
  subresource?: string;
}

/** An entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Kubernetes ObjectMeta. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any Kubernetes object as stored and served. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  // Fields of the kind itself: spec, status, data, rules, …
  // deno-lint-ignore no-explicit-any
  [field: string]: any;
}

/**
 * An OpenAPI v3 schema as CustomResourceDefinitions carry it; built-in kinds use the same form, so that one
 * engine prunes, defaults, validates, merges and documents both.
 */
export interface Schema {
  description?: string;
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  format?: string;
  title?: string;
  default?: Json;
  example?: Json;
  externalDocs?: JsonObject;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  minProperties?: number;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  enum?: Json[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  "x-kubernetes-preserve-unknown-fields"?: boolean;
  "x-kubernetes-embedded-resource"?: boolean;
  "x-kubernetes-int-or-string"?: boolean;
  "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: "granular" | "atomic";
  "x-kubernetes-validations"?: ValidationRule[];
  /** Built-in kinds only: strategic merge patch. */
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
}

/** A CEL rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** An `additionalPrinterColumns` entry; `value` computes what no JSONPath can (built-in kinds). */
export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  format?: string;
  description?: string;
  /** 0 is shown always, greater only with `-o wide`. */
  priority?: number;
  jsonPath?: string;
  value?: (object: KubeObject) => Json;
}

/** A problem with one field, as `Status.details.causes` reports it. */
export interface FieldError {
  /** `FieldValueInvalid`, `FieldValueRequired`, `FieldValueNotSupported`, `FieldValueForbidden`, … */
  reason: string;
  /** `spec.plugins[0].name` */
  field: string;
  /** `Invalid value: "x": must be …` as kube-apiserver words it, without the field. */
  message: string;
}

/** Who makes a request. */
export interface User {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** What a request wants, read off its method and URL before anything else happens (k8s: RequestInfo). */
export interface RequestInfo {
  isResource: boolean;
  /** URL path without the query. */
  path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  verb: string;
  group: string;
  version: string;
  namespace: string;
  resource: string;
  subresource: string;
  name: string;
}

/** What the authorizer is asked. */
export interface AuthorizationAttributes {
  user: User;
  verb: string;
  /** For resources. */
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  /** For everything else: the URL path. */
  path?: string;
}

/** The authorizer's answer. */
export interface Decision {
  allowed: boolean;
  reason: string;
}

/** Options common to writes. */
export interface WriteOptions {
  user: User;
  fieldManager: string;
  dryRun?: boolean;
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** Called with each warning for the client (`Warning: 299` header). */
  warn?: (text: string) => void;
}

/** One served resource: a built-in kind or one version of a CustomResourceDefinition. */
export interface ResourceDefinition {
  group: string;
  version: string;
  /** Plural, as in URLs: `configmaps`. */
  resource: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  /** The version objects are stored under; all versions of one resource share storage. */
  storageVersion: string;
  /** Verbs that discovery lists and the server answers. */
  verbs: string[];
  /** Schema of the version that objects are stored in, where that is another one. */
  storageSchema?: Schema;
  /** Schema of the whole object; undefined accepts anything. */
  schema?: Schema;
  /**
   * What Go writes of an object in which nothing is set, beside its metadata: `{ spec: {} }`. As it is always there,
   * nobody owns it. Undefined where that is nothing.
   */
  zero?: JsonObject;
  columns?: Column[];
  subresources: { status?: boolean; scale?: ScaleDefinition };
  selectableFields?: string[];
  /** Sent as a warning with every answer; set where the version is deprecated. */
  deprecation?: string;
  strategy?: Strategy;
  /** True for resources that come from a CustomResourceDefinition. */
  custom: boolean;
  /** Whether `metadata.generation` counts spec changes (custom resources, and built-ins with a spec). */
  generation: boolean;
  /** resourceVersion at which the definition last changed; what was written later fits its schema. */
  since?: number;
  /** Set where the objects are those of another group: events.k8s.io serves core's events. */
  storedAs?: StoredAs;
}

/** How a resource shows the stored objects of another one; watch, list and writes pass through it. */
export interface StoredAs {
  group: string;
  resource: string;
  /** A new object, as this resource serves it; `stored` is shared and must not be changed. */
  decode(stored: KubeObject): KubeObject;
  /** A new object, as it is stored. */
  encode(served: KubeObject): KubeObject;
}

/** Where the scale subresource finds its values in an object. */
export interface ScaleDefinition {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
  /** Built-in kinds, whose selector is no text. */
  selector?: (object: KubeObject) => string;
}

/** What a built-in kind does beyond its schema. Every hook is optional and synchronous unless said. */
export interface Strategy {
  /** Fill in and clear fields before validation of a create. May mutate. */
  prepareForCreate?(object: KubeObject, context: StrategyContext): void;
  /** The same for an update; also reset what an update may not change silently. */
  prepareForUpdate?(
    object: KubeObject,
    old: KubeObject,
    context: StrategyContext,
  ): void;
  /** Problems with the object. `old` is given for updates. */
  validate?(object: KubeObject, old?: KubeObject): FieldError[];
  /** Decisions that need other objects (RBAC escalation): throws a StatusError to refuse. */
  admit?(
    object: KubeObject,
    old: KubeObject | undefined,
    context: StrategyContext,
  ): void | Promise<void>;
  /** Changes made when a deletion starts (a namespace's phase, a finalizer to wait for). May mutate. */
  prepareForDelete?(object: KubeObject): void;
  /** Whether an object that is being deleted must stay for more than `metadata.finalizers` (`spec.finalizers`). */
  holds?(object: KubeObject): boolean;
  /** Field labels (`type`, `involvedObject.name`, `status.phase`) that `fieldSelector` may use, with their values. */
  fields?(object: KubeObject): Record<string, string>;
  /** A resource that stores nothing (TokenReview): computes the answer to a create. */
  answer?(
    object: KubeObject,
    context: StrategyContext,
  ): KubeObject | Promise<KubeObject>;
  /** Further subresources by name (`token`, `finalize`): method POST/PUT/PATCH/GET on the parent's name. */
  subresources?: Record<string, SubresourceHandler>;
}

/** A subresource of its own kind, such as `serviceaccounts/token`. */
export interface SubresourceHandler {
  /** kind and apiVersion that discovery announces. */
  group?: string;
  version?: string;
  kind: string;
  verbs: string[];
  /** Schema of the body, whose types are checked before `handle`. */
  schema?: Schema;
  /**
   * Whether what `handle` returns is written as the parent's new state (`finalize`, `approval`); otherwise it is
   * only the answer (`token`). The parent is then a copy that `handle` may change.
   */
  stores?: boolean;
  /** Refuses, by a StatusError, a body that does not fit the request, before the parent is looked for. */
  check?(body: KubeObject, info: RequestInfo): void;
  handle(
    verb: string,
    parent: KubeObject,
    body: KubeObject | undefined,
    context: StrategyContext,
  ): KubeObject | Promise<KubeObject>;
}

/** What a strategy may ask of its surroundings. */
export interface StrategyContext extends WriteOptions {
  info: RequestInfo;
  now(): Date;
  /** Read of the current state, without authorization: the server's own eyes. */
  reader: Reader;
  /** Whether `attributes` would be allowed. */
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
}

/** Reads of the newest committed state from memory; objects returned are shared and must not be changed. */
export interface Reader {
  get(
    key: { group: string; resource: string; namespace?: string; name: string },
  ): KubeObject | undefined;
  list(
    key: { group: string; resource: string; namespace?: string },
  ): KubeObject[];
  /** How many `list` would give. */
  count(key: { group: string; resource: string; namespace?: string }): number;
  /** Those of `list` in which one of these fields stands anywhere; much quicker where they are few. */
  mentioning(
    key: { group: string; resource: string; namespace?: string },
    fields: string[],
  ): Iterable<KubeObject>;
}

/** A committed change, in the order of resourceVersions. */
export interface Change {
  type: "ADDED" | "MODIFIED" | "DELETED";
  group: string;
  resource: string;
  /** The object after the change; for DELETED its last state. */
  object: KubeObject;
  /** The object before, for MODIFIED. */
  old?: KubeObject;
}

/** Names one object. */
export interface ObjectKey {
  group: string;
  resource: string;
  namespace?: string;
  name: string;
}

/**
 * How the server's own controllers read, follow and change objects: in process, as `system:masters`, through the
 * same registry as every client (validation, managedFields and watch events included).
 */
export interface InternalClient {
  reader: Reader;
  /** Calls `listener` after each commit; returns the way to stop. */
  subscribe(listener: (change: Change) => void): () => void;
  create(
    key: Omit<ObjectKey, "name">,
    object: JsonObject,
  ): Promise<KubeObject>;
  /** Optimistic: throws a Conflict StatusError where `metadata.resourceVersion` is old. */
  update(
    key: ObjectKey,
    object: KubeObject,
    options?: { subresource?: string },
  ): Promise<KubeObject>;
  delete(
    key: ObjectKey,
    options?: {
      uid?: string;
      resourceVersion?: string;
      propagationPolicy?: "Foreground" | "Background" | "Orphan";
    },
  ): Promise<void>;
}
