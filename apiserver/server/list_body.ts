import type { JsonObject } from "../types.ts";
import type { Clock } from "./clock.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const COMMA = encoder.encode(",");
const END = encoder.encode("]}\n");
/** Bytes of a chunk: below what malloc takes from the system for itself, so that each goes where the one before was. */
const CHUNK_BYTES = 96 << 10;

/** A client that takes nothing for so many milliseconds is given up: its list would keep objects that are gone. */
const STALL_MS = 120_000;

/** A list whose items are encoded already. */
export interface EncodedList {
  apiVersion: string;
  kind: string;
  metadata: JsonObject;
  items: readonly Uint8Array[];
}

/** Options of {@linkcode listBody}. */
export interface ListBodyOptions {
  /**
   * Whether whoever takes a chunk is done with the one before, as `Deno.serve` is: it holds what it sends by itself.
   *
   * @default {false}
   */
  release?: boolean;
  /** Where it is given, whoever takes nothing for two minutes is given up. */
  clock?: Clock;
}

/**
 * The JSON of a list as the body of an answer: bytes where it is short, otherwise a stream that makes it a chunk at a
 * time as the client takes it, so that the list of a hundred thousand objects takes no more memory than that of some.
 */
export function listBody(
  list: EncodedList,
  { release = false, clock }: ListBodyOptions = {},
): Bytes | ReadableStream<Bytes> {
  return sizeOf(list) > CHUNK_BYTES
    ? streamOf(chunksOf(list, CHUNK_BYTES), { release, clock })
    : listBytes(list);
}

/** The JSON of a list in one piece. */
export function listBytes(list: EncodedList): Bytes {
  const [whole] = chunksOf(list, sizeOf(list));
  return whole!;
}

function sizeOf(list: EncodedList): number {
  const items = list.items.reduce((sum, { length }) => sum + length + 1, 0);
  return headOf(list).length + items + END.length;
}

function headOf({ apiVersion, kind, metadata }: EncodedList): Bytes {
  return encoder.encode(
    `{"kind":${JSON.stringify(kind)},"apiVersion":${
      JSON.stringify(apiVersion)
    },"metadata":${JSON.stringify(metadata)},"items":[`,
  );
}

function* partsOf(list: EncodedList): Generator<Uint8Array> {
  yield headOf(list);
  for (let i = 0; i < list.items.length; i++) {
    if (i > 0) yield COMMA;
    yield list.items[i]!;
  }
  yield END;
}

function* chunksOf(list: EncodedList, size: number): Generator<Bytes> {
  let chunk = new Uint8Array(size);
  let filled = 0;
  for (const part of partsOf(list)) {
    for (let from = 0; from < part.length;) {
      if (filled === size) {
        yield chunk;
        chunk = new Uint8Array(size);
        filled = 0;
      }
      const fits = Math.min(part.length - from, size - filled);
      chunk.set(
        fits === part.length ? part : part.subarray(from, from + fits),
        filled,
      );
      from += fits;
      filled += fits;
    }
  }
  yield chunk.subarray(0, filled);
}

function streamOf(
  chunks: Iterator<Bytes>,
  { release, clock }: ListBodyOptions,
): ReadableStream<Bytes> {
  let left: Iterator<Bytes> | undefined = chunks;
  let sent: Bytes | undefined;
  let taken = () => {};
  const end = () => {
    taken();
    left = undefined;
  };
  const expectPull = (controller: ReadableStreamDefaultController<Bytes>) => {
    taken = clock?.after(STALL_MS, () => {
      end();
      controller.error("the client of a list took nothing");
    }) ?? taken;
  };
  return new ReadableStream({
    start: expectPull,
    pull(controller) {
      taken();
      // V8 would keep what was sent until it next looks for garbage, which it does only after 32 MB of it.
      if (release) sent?.buffer.transfer(0);
      const { value, done } = left!.next();
      if (done) {
        end();
        return controller.close();
      }
      controller.enqueue(value);
      sent = value;
      expectPull(controller);
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
