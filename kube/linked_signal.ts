/**
 * An abort controller that also follows other signals until disposed of.
 *
 * Unlike `AbortSignal.any` it leaves nothing behind on a long-lived signal,
 * and its timer neither outlives it nor counts as a leak.
 */
export class LinkedSignal implements Disposable {
  readonly #controller = new AbortController();
  readonly #links: { signal: AbortSignal; listener: () => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends, and when the deadline is, by `performance.now()`. */
  #ends = 0;
  #due = Infinity;
  #message = "";

  constructor(...signals: (AbortSignal | undefined)[]) {
    for (const signal of signals) {
      if (!signal) continue;
      if (signal.aborted) {
        this.#controller.abort(signal.reason);
        continue;
      }
      const listener = () => this.#controller.abort(signal.reason);
      signal.addEventListener("abort", listener, { once: true });
      this.#links.push({ signal, listener });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason);
  }

  /** Aborts with a `TimeoutError` after `ms`; each call starts anew. */
  deadline(ms: number, message: string): void {
    this.#message = message;
    this.#due = performance.now() + Math.min(ms, 2 ** 31 - 1);
    // A watch starts it anew with each event: a timer that ends too soon looks
    // again, which costs less than one for each of them.
    if (this.#timer !== undefined && this.#ends <= this.#due) return;
    clearTimeout(this.#timer);
    this.#wait();
  }

  /** Takes the deadline back. */
  clearDeadline(): void {
    this.#due = Infinity;
  }

  #wait(): void {
    this.#ends = this.#due;
    const left = Math.max(0, Math.ceil(this.#due - performance.now()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#due === Infinity) return;
      if (performance.now() < this.#due) return this.#wait();
      this.abort(new DOMException(this.#message, "TimeoutError"));
    }, left);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = Infinity;
    for (const { signal, listener } of this.#links.splice(0)) {
      signal.removeEventListener("abort", listener);
    }
  }
}
