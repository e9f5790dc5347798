import { tooManyRequests } from "../errors.ts";
import { joinBytes } from "../join_bytes.ts";
import type { Sink, Watch } from "../registry/watch.ts";
import type { User } from "../types.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that may wait for one client before it is dropped; it then resumes from where it was. */
const MAX_QUEUED_BYTES = 8 << 20;
const BOOKMARK_INTERVAL_MS = 60_000;
/** Bytes of what a watch starts with that are made at a time. */
const CHUNK_BYTES = 64 << 10;
const TOO_SLOW = "a watch was dropped: its client takes events too slowly";
/** Watches of one user; each takes some 30 KB. */
const MAX_PER_USER = 2000;

/** Options of {@linkcode Watchers}. */
export interface WatchersOptions {
  /** Bytes that may wait for one client before it is dropped. */
  maxQueuedBytes?: number;
  /** Watches that one user may have open; `system:masters` may have any number. @default {2000} */
  maxPerUser?: number;
  bookmarkIntervalMs?: number;
}

/** Every watch that is being answered. */
export class Watchers {
  dropped = 0;
  #running = new Map<Watch, () => void>();
  #perUser = new Map<string, number>();
  #timer: ReturnType<typeof setInterval>;
  #maxQueuedBytes: number;
  #maxPerUser: number;

  constructor(options: WatchersOptions = {}) {
    this.#maxQueuedBytes = options.maxQueuedBytes ?? MAX_QUEUED_BYTES;
    this.#maxPerUser = options.maxPerUser ?? MAX_PER_USER;
    this.#timer = setInterval(() => {
      for (const watch of [...this.#running.keys()]) watch.bookmark();
    }, options.bookmarkIntervalMs ?? BOOKMARK_INTERVAL_MS);
  }

  get size(): number {
    return this.#running.size;
  }

  /**
   * The stream of a watch: it ends after `timeoutMs`, with the client, with the server, or when it is too slow.
   *
   * @throws {StatusError} 429 where `user` has too many open.
   */
  stream(
    start: (sink: Sink) => Watch,
    { timeoutMs, user }: { timeoutMs: number; user: User },
  ): ReadableStream<Bytes> {
    const leave = this.#enter(user);
    let end = () => {};
    let fail = (_: unknown) => {};
    // What a watch starts with is made as it is read, as whole states would pile up here; what comes meanwhile waits.
    let first: Iterator<Bytes> | undefined;
    let later: Bytes[] = [];
    let laterBytes = 0;
    return new ReadableStream<Bytes>({
      start: (controller) => {
        let watch: Watch | undefined;
        let ended = false;
        const timer = setTimeout(() => {
          watch?.bookmark();
          end();
        }, timeoutMs);
        const stop = () => {
          ended = true;
          first = undefined;
          later = [];
          clearTimeout(timer);
          leave();
          watch?.stop();
          if (watch) this.#running.delete(watch);
        };
        end = () => {
          if (ended) return;
          stop();
          try {
            controller.close();
          } catch { /* the client has gone already */ }
        };
        fail = (error) => {
          stop();
          controller.error(error);
        };
        // Not closed: what waits would then stay for as long as the client reads nothing. Deno.serve prints the reason.
        const drop = () => {
          this.dropped++;
          fail(TOO_SLOW);
        };
        const send = (line: Bytes) => {
          if (ended) return;
          const waiting = first ? laterBytes : -(controller.desiredSize ?? 0);
          if (waiting > this.#maxQueuedBytes) return drop();
          if (!first) return controller.enqueue(line);
          later.push(line);
          laterBytes += line.length;
        };
        const begin = (lines: Iterable<Bytes>) => {
          first = lines[Symbol.iterator]();
        };
        try {
          watch = start({ begin, send, end: () => end() });
        } catch (error) {
          clearTimeout(timer);
          leave();
          throw error;
        }
        this.#running.set(watch, end);
        if (watch.ended) end();
      },
      pull: (controller) => {
        if (!first) return;
        let taken: ReturnType<typeof take>;
        try {
          taken = take(first);
        } catch (error) {
          return fail(error);
        }
        const { chunk, done } = taken;
        if (chunk.length > 0) controller.enqueue(chunk);
        if (!done) return;
        first = undefined;
        for (const line of later) controller.enqueue(line);
        later = [];
      },
      cancel: () => end(),
    }, { highWaterMark: 0, size: (line) => line?.length ?? 0 });
  }

  /** Counts one watch of a user, until what is answered is called. */
  #enter({ name, groups }: User): () => void {
    const open = this.#perUser.get(name) ?? 0;
    if (open >= this.#maxPerUser && !groups.includes("system:masters")) {
      throw tooManyRequests(`${name} has ${open} watches open already`);
    }
    this.#perUser.set(name, open + 1);
    return () => {
      const left = this.#perUser.get(name)! - 1;
      if (left > 0) this.#perUser.set(name, left);
      else this.#perUser.delete(name);
    };
  }

  /** Ends every watch, so that clients start again elsewhere or later, from here. */
  close(): void {
    clearInterval(this.#timer);
    for (const [watch, end] of [...this.#running]) {
      watch.bookmark();
      end();
    }
  }
}

/** The next lines, some at a time; none where there are no more. */
function take(lines: Iterator<Bytes>): { chunk: Bytes; done: boolean } {
  const taken: Bytes[] = [];
  let size = 0;
  let done = false;
  while (size < CHUNK_BYTES) {
    const next = lines.next();
    if (next.done) {
      done = true;
      break;
    }
    taken.push(next.value);
    size += next.value.length;
  }
  return { chunk: joinBytes(taken), done };
}
