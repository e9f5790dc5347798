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
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.abort(new DOMException(message, "TimeoutError")),
      Math.min(ms, 2 ** 31 - 1),
    );
  }

  /** Takes the deadline back. */
  clearDeadline(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { signal, listener } of this.#links.splice(0)) {
      signal.removeEventListener("abort", listener);
    }
  }
}
