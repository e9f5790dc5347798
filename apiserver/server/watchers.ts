import type { Watch } from "../registry/watch.ts";

/** Bytes that may wait for one client before it is dropped; it then resumes from where it was. */
const MAX_QUEUED_BYTES = 8 << 20;
const BOOKMARK_INTERVAL_MS = 60_000;

/** Options of {@linkcode Watchers}. */
export interface WatchersOptions {
  /** Bytes that may wait for one client before it is dropped. */
  maxQueuedBytes?: number;
  bookmarkIntervalMs?: number;
}

/** Every watch that is being answered. */
export class Watchers {
  dropped = 0;
  #running = new Map<Watch, () => void>();
  #timer: ReturnType<typeof setInterval>;
  #maxQueuedBytes: number;

  constructor(options: WatchersOptions = {}) {
    this.#maxQueuedBytes = options.maxQueuedBytes ?? MAX_QUEUED_BYTES;
    this.#timer = setInterval(() => {
      for (const watch of [...this.#running.keys()]) watch.bookmark();
    }, options.bookmarkIntervalMs ?? BOOKMARK_INTERVAL_MS);
  }

  get size(): number {
    return this.#running.size;
  }

  /** The stream of a watch: it ends after `timeoutMs`, with the client, with the server, or when it is too slow. */
  stream(
    start: (sink: { send(line: Uint8Array<ArrayBuffer>): void }) => Watch,
    { timeoutMs }: { timeoutMs: number },
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    let end = () => {};
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        let watch: Watch | undefined;
        let ended = false;
        // What a watch starts with is a state that exists anyway; only what comes later may pile up.
        let initial = 0;
        let starting = true;
        const timer = setTimeout(() => {
          watch?.bookmark();
          end();
        }, timeoutMs);
        end = () => {
          if (ended) return;
          ended = true;
          clearTimeout(timer);
          watch?.stop();
          if (watch) this.#running.delete(watch);
          try {
            controller.close();
          } catch { /* the client has gone already */ }
        };
        const send = (line: Uint8Array<ArrayBuffer>) => {
          if (ended) return;
          if (starting) initial += line.length;
          else {
            const waiting = -(controller.desiredSize ?? 0);
            if (waiting > this.#maxQueuedBytes + initial) {
              this.dropped++;
              return end();
            }
          }
          controller.enqueue(line);
        };
        try {
          watch = start({ send });
        } catch (error) {
          clearTimeout(timer);
          throw error;
        }
        starting = false;
        this.#running.set(watch, end);
        if (watch.ended) end();
      },
      cancel: () => end(),
    }, { highWaterMark: 0, size: (line) => line?.length ?? 0 });
  }

  /** Ends every watch, so that clients start again elsewhere or later. */
  close(): void {
    clearInterval(this.#timer);
    for (const end of [...this.#running.values()]) end();
  }
}
