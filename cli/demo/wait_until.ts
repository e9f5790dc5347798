/** Options of {@linkcode waitUntil}. */
export interface WaitUntilOptions {
  /** Milliseconds until it gives up. */
  timeout: number;
  /** Milliseconds between looks. @default {50} */
  interval?: number | undefined;
  signal?: AbortSignal;
  /** What to add to the error when it gives up: how things stand. */
  explain?: () => string | Promise<string>;
}

/**
 * Resolves to what `look` returns as soon as that is neither undefined nor
 * false. An error of `look` counts as not yet.
 *
 * @throws after `timeout`, saying that it waited for `what`.
 */
export async function waitUntil<T>(
  what: string,
  look: () => T | Promise<T>,
  options: WaitUntilOptions,
): Promise<Exclude<T, undefined | false>> {
  const { timeout, interval = 50, signal, explain } = options;
  const deadline = Date.now() + timeout;
  let last: unknown;
  while (true) {
    signal?.throwIfAborted();
    try {
      const found = await look();
      if (found !== undefined && found !== false) {
        return found as Exclude<T, undefined | false>;
      }
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() >= deadline) break;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  const error = last instanceof Error ? ` (${last.message})` : "";
  const state = explain ? `\n${await explain()}` : "";
  throw new Error(
    `Waited ${timeout / 1000} s in vain until ${what}${error}${state}`,
    { cause: last },
  );
}
