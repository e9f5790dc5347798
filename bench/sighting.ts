/** Characters of a text that is waited for: it may be spread over two pieces of what is read. */
const LONGEST = 100;

/** Waits until each of many readers has come upon a text. */
export class Sighting {
  #wanted = "";
  #missing = 0;
  #saw: (() => void) | undefined;
  #all = Promise.withResolvers<void>();

  /** Resolves when so many readers have got `text`; `saw` is called by each when it has. */
  wait(
    text: string,
    { readers, saw }: { readers: number; saw?: (() => void) | undefined },
  ): Promise<void> {
    this.#all = Promise.withResolvers();
    this.#missing = readers;
    this.#wanted = text;
    this.#saw = saw;
    return this.#all.promise;
  }

  /** A reader looks through what it has. @returns What of it to put before what comes next */
  look(text: string): string {
    if (!this.#wanted || !text.includes(this.#wanted)) {
      return text.slice(-LONGEST);
    }
    this.#saw?.();
    if (--this.#missing === 0) this.#all.resolve();
    return "";
  }

  /** A reader has ended. */
  fail(error: unknown): void {
    this.#all.reject(error);
  }
}
