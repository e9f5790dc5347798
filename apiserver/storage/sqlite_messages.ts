/**
 * What the main thread and the writer's Worker tell each other.
 *
 * @module
 */
import type { Encryption } from "./encryption_keys.ts";
import type { LogState, Row } from "./log.ts";

/** To the Worker; each is answered by one `Reply` with its `id`, in order. */
export type Request =
  & { id: number }
  & (
    | { type: "open"; path: string; encryption?: Encryption }
    | { type: "append"; rows: PackedRows }
    /** Does a part of it. */
    | { type: "compact"; resourceVersion: number }
    /** Rows as they are stored: some of those after one resourceVersion, up to another. */
    | { type: "read"; after: number; to: number }
    /** Encrypts some of the rows again that are under another key than the first. */
    | { type: "reencrypt" }
    | { type: "close" }
  );

/** Many rows in few values, since each value in a message costs; their values stand end to end in `bytes`. */
export interface PackedRows {
  /** resourceVersion, previous, deleted (0 or 1), end of the value in `bytes`: four numbers a row. */
  numbers: Float64Array<ArrayBuffer>;
  /** `group/resource/namespace/name/` of each row, end to end: no part of a key can have a slash. */
  keys: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** Rows on their way to the main thread. */
export interface Chunk extends PackedRows {
  type: "chunk";
  /** Of the request that they answer; its `Reply` follows. */
  id: number;
}

/** The answer to a request. */
export interface Reply {
  type: "reply";
  id: number;
  error?: string;
  /** To `open`. */
  state?: OpenState;
  /** To `reencrypt`: how many rows are left; to `compact`: how many resourceVersions. */
  left?: number;
}

/** What the Worker says of the file that it opened. */
export interface OpenState extends LogState {
  /** Rows to be encrypted again. */
  stale: number;
  /** Resources that the file has never held in plain text. */
  encrypted: string;
}

/** Gathers rows for one message. */
export class RowPacker {
  /** Bytes of values so far. */
  size = 0;
  #numbers: number[] = [];
  #keys = "";
  #values: Uint8Array[] = [];

  get empty(): boolean {
    return this.#values.length === 0;
  }

  add(row: Row): void {
    this.size += row.value.length;
    this.#values.push(row.value);
    this.#numbers.push(
      row.resourceVersion,
      row.previous,
      row.deleted ? 1 : 0,
      this.size,
    );
    this.#keys += `${row.resource}/${row.namespace}/${row.name}/`;
  }

  pack(): PackedRows {
    const bytes = new Uint8Array(this.size);
    let offset = 0;
    for (const value of this.#values) {
      bytes.set(value, offset);
      offset += value.length;
    }
    return {
      numbers: new Float64Array(this.#numbers),
      keys: this.#keys,
      bytes,
    };
  }
}

/** What of packed rows is handed over instead of copied. */
export function transferable({ numbers, bytes }: PackedRows): ArrayBuffer[] {
  return [numbers.buffer, bytes.buffer];
}

/** Hands each packed row to `take`; its value is a view of all of them. */
export function unpackRows(
  { numbers, keys, bytes }: PackedRows,
  take: (row: Row) => void,
): void {
  const parts = keys.split("/");
  let start = 0;
  for (let row = 0; row * 4 < numbers.length; row++) {
    const end = numbers[row * 4 + 3]!;
    take({
      resourceVersion: numbers[row * 4]!,
      previous: numbers[row * 4 + 1]!,
      deleted: numbers[row * 4 + 2] === 1,
      resource: `${parts[row * 4]}/${parts[row * 4 + 1]}`,
      namespace: parts[row * 4 + 2]!,
      name: parts[row * 4 + 3]!,
      value: bytes.subarray(start, end),
    });
    start = end;
  }
}
