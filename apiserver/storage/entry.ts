import type { KubeObject } from "../types.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One state of one object: JSON bytes as they are served, parsed on first need. Never changed. */
export class Entry {
  #object: KubeObject | undefined;

  constructor(
    readonly namespace: string,
    readonly name: string,
    readonly resourceVersion: number,
    /** The object as UTF-8 JSON, in its storage version. */
    readonly bytes: Uint8Array<ArrayBuffer>,
    object?: KubeObject,
  ) {
    this.#object = object;
  }

  /** The object, shared: whoever wants to change it makes a copy. */
  get object(): KubeObject {
    return this.#object ??= JSON.parse(decoder.decode(this.bytes));
  }

  /** Whether `object` is the very one that this entry hands out, so that `bytes` are its JSON. */
  holds(object: KubeObject): boolean {
    return this.#object === object;
  }

  /** An entry of an object whose JSON text is at hand. */
  static of(object: KubeObject, text: string): Entry {
    const { namespace = "", name, resourceVersion } = object.metadata;
    return new Entry(
      namespace,
      name,
      Number(resourceVersion),
      encoder.encode(text),
      object,
    );
  }
}

/** A committed change of one object. */
export interface EntryChange {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** The state after; for DELETED the last one, under the resourceVersion of the deletion. */
  entry: Entry;
  /** The state before, for MODIFIED and DELETED. */
  old?: Entry;
  /** Encoded forms of this event, made once for all watchers that want the same form. */
  encoded?: Map<string, Uint8Array<ArrayBuffer>>;
}
