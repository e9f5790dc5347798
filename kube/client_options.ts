/** Options of all requests for one object. */
export interface RequestScope {
  /** @default that of the object, else of the client */
  namespace?: string;
  signal?: AbortSignal;
}

/** Options of requests that write. */
export interface WriteOptions extends RequestScope {
  /** Ask the server to go all the way but for storing it. */
  dryRun?: boolean;
  /** Who writes, in `metadata.managedFields`. */
  fieldManager?: string;
  /** What to do about unknown fields. @default the server's (Warn) */
  fieldValidation?: "Strict" | "Warn" | "Ignore";
  /** `status`, `scale` … */
  subresource?: string;
}

/** What to list. */
export interface ListOptions extends RequestScope {
  labelSelector?: string;
  fieldSelector?: string;
  /** Most items of an answer; the rest is at `metadata.continue`. */
  limit?: number;
  continue?: string;
  resourceVersion?: string;
  resourceVersionMatch?: "Exact" | "NotOlderThan";
}

/** What to delete, and how. */
export interface DeleteOptions extends RequestScope {
  /** Only if it is still that object. */
  uid?: string;
  /** Only if it has not changed since. */
  resourceVersion?: string;
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
  gracePeriodSeconds?: number;
  dryRun?: boolean;
  /** Do as if it had been there. */
  ignoreNotFound?: boolean;
}

/** How to read an object. */
export interface GetOptions extends RequestScope {
  subresource?: string;
}

/** How to create an object. */
export interface CreateOptions extends WriteOptions {
  /** What a subresource is created under. @default that of the object */
  name?: string;
}

/** How to change an object. */
export interface PatchOptions extends WriteOptions {
  /** What the patch is: JSON Patch, or what is merged. @default {"merge"} */
  type?: "json" | "merge" | "strategic";
}

/** How to apply an object. */
export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take fields from other managers. */
  force?: boolean;
  /** Only this version of the object is changed. */
  resourceVersion?: string | undefined;
}
