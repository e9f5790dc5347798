/**
 * Admission: what a write may not do although its author may make it.
 *
 * @module
 */
import type { AdmissionAttributes } from "../registry/registry.ts";
import type { Change, Reader } from "../types.ts";
import { namespaceLifecycle } from "./namespace_lifecycle.ts";
import { quotaAdmission } from "./quota.ts";

/** Options of {@linkcode createAdmission}. */
export interface AdmissionOptions {
  reader: Reader;
  /** Calls back after each commit; returns the way to stop. */
  subscribe(listener: (change: Change) => void): () => void;
  now?: () => Date;
}

/** The checks of every write, in order. */
export interface Admission {
  /** Throws a StatusError to refuse. */
  admit(attributes: AdmissionAttributes): void;
  /** Stops following changes. */
  close(): void;
}

/** Admission by namespace life cycle and ResourceQuota. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { reader, subscribe, now = () => new Date() } = options;
  const quota = quotaAdmission({ reader, now });
  const stop = subscribe((change) => quota.committed(change));
  return {
    admit(attributes) {
      namespaceLifecycle(attributes, reader);
      quota.admit(attributes);
    },
    close: stop,
  };
}
