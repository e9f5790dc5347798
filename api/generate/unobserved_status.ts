/**
 * The status of an object that the hub has not looked at yet, set by the API
 * server. Without any, kstatus takes an object for what it was asked to be, and
 * the CEL of Flux's health checks ends in an error; Flux's own kinds begin so.
 *
 * Source: kstatus (sigs.k8s.io/cli-utils, `pkg/kstatus`): an `observedGeneration`
 * that is not `metadata.generation` is InProgress.
 */
export const UNOBSERVED_STATUS = { observedGeneration: -1 };
