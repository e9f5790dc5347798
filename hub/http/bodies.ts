import { type Clock, systemClock } from "../../kube/clock.ts";
import { StatusError } from "./status_error.ts";

/** Options of {@linkcode Bodies}. Sizes are bytes. */
export interface BodiesOptions {
  /** Of one body. */
  largest: number;
  /** Of all at a time that come from one address. */
  perAddress: number;
  /** Of all at a time. */
  total: number;
  /** How long one may take to come, in milliseconds. */
  deadline: number;
  clock?: Clock;
}

/** A body that was read, and counts until it is disposed of. */
export interface Body extends Disposable {
  bytes: Uint8Array;
}

/** What is held of a body from its first byte on. */
const FIRST = 16 * 1024;

/**
 * Reads bodies of strangers into no more memory than it is told to: a limit of
 * each alone does not help against many that begin and never end.
 */
export class Bodies {
  readonly #options: BodiesOptions;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(options: BodiesOptions) {
    this.#options = options;
  }

  /** @throws {StatusError} 408, 413 or 503 */
  async read(request: Request, address: string): Promise<Body> {
    const { largest, deadline, clock = systemClock } = this.#options;
    const tooLarge = () =>
      new StatusError(413, `the body is larger than ${largest} bytes`);
    // Said beforehand, it need not come.
    if (Number(request.headers.get("Content-Length")) > largest) {
      await request.body?.cancel();
      throw tooLarge();
    }
    const reader = request.body?.getReader();
    // Not a list of its parts: each may be a single byte.
    let bytes = new Uint8Array(0);
    let length = 0;
    let isLate = false;
    const over = new AbortController();
    clock.sleep(deadline, over.signal).then(() => {
      isLate = true;
      return reader?.cancel();
    }).catch(() => {}); // it came in time
    const release = () => {
      this.#hold(address, -bytes.length);
      bytes = new Uint8Array(0);
    };
    try {
      while (reader) {
        const { done, value } = await reader.read();
        if (isLate) {
          throw new StatusError(
            408,
            `the body did not come within ${deadline / 1000} s`,
          );
        }
        if (done) break;
        const needed = length + value.length;
        if (needed > largest) throw tooLarge();
        if (needed > bytes.length) {
          const wanted = Math.max(needed, 2 * bytes.length, FIRST);
          const size = Math.min(wanted, largest);
          this.#hold(address, size - bytes.length);
          const larger = new Uint8Array(size);
          larger.set(bytes);
          bytes = larger;
        }
        bytes.set(value, length);
        length = needed;
      }
    } catch (error) {
      release();
      await reader?.cancel().catch(() => {});
      throw error;
    } finally {
      over.abort();
    }
    return { bytes: bytes.subarray(0, length), [Symbol.dispose]: release };
  }

  #hold(address: string, size: number): void {
    const held = (this.#held.get(address) ?? 0) + size;
    const total = this.#total + size;
    const { perAddress, total: most } = this.#options;
    if (size > 0 && (held > perAddress || total > most)) {
      throw new StatusError(
        503,
        "too much is being sent at a time; try again later",
      );
    }
    this.#total = total;
    if (held) this.#held.set(address, held);
    else this.#held.delete(address);
  }
}
