import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";

/** How long devices do not hear of an edit that is about to be put back, in milliseconds; putting back takes less than a tenth. */
const GRACE = 3000;

/**
 * Keeps an edit by hand of what comes from Git from devices for a moment: it is
 * put back as a rule, and nobody's plugins are to restart twice for it. Where
 * it stays, since the Repository is suspended, they get it after that.
 */
export class Settling {
  /** When an object's present generation was first seen with an edit by hand, by uid. */
  readonly #seen = new Map<string, { generation: number; since: number }>();

  /** How long to wait for these objects yet, in milliseconds; 0 where none was edited. */
  left(objects: Iterable<KubeObject>, now: number): number {
    let left = 0;
    for (const object of objects) {
      left = Math.max(left, this.#since(object, now) + GRACE - now);
    }
    return left;
  }

  #since({ metadata }: KubeObject, now: number): number {
    const { uid = "", generation = 0 } = metadata;
    if (!isEditedByHand(metadata)) {
      this.#seen.delete(uid);
      return -Infinity;
    }
    let seen = this.#seen.get(uid);
    if (seen?.generation !== generation) {
      seen = { generation, since: now };
      this.#seen.set(uid, seen);
    }
    return seen.since;
  }
}

/** Whether kubectl holds a part of the spec of an object that Git declares. */
function isEditedByHand(
  { labels, managedFields }: KubeObject["metadata"],
): boolean {
  return !!labels?.[APPLYSET_LABEL] &&
    !!managedFields?.some((entry) =>
      entry.manager?.startsWith("kubectl") && !entry.subresource &&
      "f:spec" in ((entry.fieldsV1 ?? {}) as object)
    );
}
