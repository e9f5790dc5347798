import type { Document } from "yaml";

/**
 * The value of a document in which `nodeProblems` found nothing that is not
 * local: it counts what aliases stand for, where the library lets one anchor
 * be used a hundred times, however small it is.
 */
export function documentValue(document: Document): unknown {
  return document.toJS({ maxAliasCount: -1 });
}
