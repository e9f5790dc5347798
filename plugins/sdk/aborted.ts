/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}

/** Longest delay that a timer of the runtime can hold; a longer one would end at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Resolves after `ms` milliseconds, or sooner where `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  let left = ms;
  while (left > MAX_TIMEOUT && !signal.aborted) {
    await timer(MAX_TIMEOUT, signal);
    left -= MAX_TIMEOUT;
  }
  await timer(left, signal);
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
