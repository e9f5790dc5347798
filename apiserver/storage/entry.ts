import type { KubeObject } from "../types.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Entries whose object is kept parsed, and how long their JSON may be together: parsed, it takes four times as much. */
const KEPT = 4000;
const KEPT_BYTES = 8 << 20;
const kept: (Entry | undefined)[] = new Array(KEPT);
let keptBytes = 0;
let hand = 0;
/** New objects that are at hand until they are answered and told of, which few ask for again soon; large ones are not among them. */
const NEW = 64;
const NEW_BYTES = 16 << 10;
const fresh: (Entry | undefined)[] = new Array(NEW);
let freshHand = 0;
const NO_LABELS: Record<string, string> = {};

/** One state of one object: JSON bytes as they are served, parsed on need. Never changed. */
export class Entry {
  #object: KubeObject | undefined;
  /** Asked for since the hand of `kept` came by. */
  #used = false;
  #labels: Record<string, string> | undefined;

  constructor(
    readonly namespace: string,
    readonly name: string,
    readonly resourceVersion: number,
    /** The object as UTF-8 JSON, in its storage version. */
    readonly bytes: Uint8Array<ArrayBuffer>,
    object?: KubeObject,
  ) {
    if (object) this.#keep(object);
  }

  /** The object, shared: whoever wants to change it makes a copy. */
  get object(): KubeObject {
    const object = this.#object;
    if (!object) return this.#keep(this.peek());
    this.#used = true;
    return object;
  }

  /** The object for a short look: what passes over many entries should not drive out what is used often. */
  peek(): KubeObject {
    return this.#object ?? JSON.parse(decoder.decode(this.bytes));
  }

  get labels(): Record<string, string> {
    return this.#labels ??= this.peek().metadata.labels ?? NO_LABELS;
  }

  /** Whether one of these fields stands anywhere in the object; much quicker than to parse it. */
  mentions(fields: string[]): boolean {
    const text = decoder.decode(this.bytes);
    return fields.some((field) => text.includes(`"${field}":`));
  }

  /** Whether `object` is the very one that this entry hands out, so that `bytes` are its JSON. */
  holds(object: KubeObject): boolean {
    return this.#object === object;
  }

  /** Keeps the parsed object in place of some that nobody asked for lately (the clock algorithm). */
  #keep(object: KubeObject): KubeObject {
    const size = this.bytes.length;
    if (size > KEPT_BYTES) return object;
    while (kept[hand] || keptBytes + size > KEPT_BYTES) {
      const other = kept[hand];
      if (other && other.#used) other.#used = false;
      else if (other) {
        other.#object = undefined;
        keptBytes -= other.bytes.length;
        kept[hand] = undefined;
        // Its place will do, where there is room.
        if (keptBytes + size <= KEPT_BYTES) break;
      }
      hand = (hand + 1) % KEPT;
    }
    this.#object = object;
    kept[hand] = this;
    keptBytes += size;
    hand = (hand + 1) % KEPT;
    return object;
  }

  /** Keeps an object that has just been made, for a little while. */
  #keepNew(object: KubeObject): void {
    if (this.bytes.length > NEW_BYTES) return void this.#keep(object);
    const oldest = fresh[freshHand];
    if (oldest) oldest.#object = undefined;
    this.#object = object;
    fresh[freshHand] = this;
    freshHand = (freshHand + 1) % NEW;
  }

  /**
   * An entry of an object whose JSON text is at hand.
   *
   * @param options.isNew Whether there was none of its name before
   */
  static of(object: KubeObject, text: string, { isNew = false } = {}): Entry {
    const { namespace = "", name, resourceVersion } = object.metadata;
    const entry = new Entry(
      namespace,
      name,
      Number(resourceVersion),
      encoder.encode(text),
      isNew ? undefined : object,
    );
    if (isNew) entry.#keepNew(object);
    return entry;
  }
}

/** A committed change of one object. */
export interface EntryChange {
  type: "ADDED" | "MODIFIED" | "DELETED";
  /** The state after; for DELETED the last one, under the resourceVersion of the deletion. */
  entry: Entry;
  /** The state before, for MODIFIED and DELETED. */
  old?: Entry;
  /** While watchers are told: encoded forms of this event, made once for all that want the same form. */
  encoded?: Map<string, Uint8Array<ArrayBuffer>>;
}
