/**
 * What the main thread and the writer's Worker tell each other.
 *
 * @module
 */
import type { LogState, Row } from "./log.ts";

/** To the Worker; each is answered by one `Reply` with its `id`, in order. */
export type Request =
  & { id: number }
  & (
    | { type: "open"; path: string }
    | { type: "append"; rows: Row[] }
    | { type: "compact"; resourceVersion: number }
    | { type: "close" }
  );

/** Rows sent while opening: their values stand end to end in `bytes`. */
export interface Chunk {
  type: "chunk";
  /** resourceVersion, previous, deleted (0 or 1), end of the value in `bytes`: four numbers a row. */
  numbers: Float64Array<ArrayBuffer>;
  /** resource, namespace, name: three a row. */
  strings: string[];
  bytes: Uint8Array<ArrayBuffer>;
}

/** The answer to a request. */
export interface Reply {
  type: "reply";
  id: number;
  error?: string;
  state?: LogState;
}
