/** kube-apiserver's `--min-request-timeout` in seconds: watches end after it, up to twice as late. */
const LEAST = 1800;

/** The longest that a timer runs: a longer one would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Milliseconds after which a watch ends.
 *
 * In whole seconds: the runtime keeps a list for each duration of a timer until that is over, also where the timer was
 * cleared, so that each watch of a client that comes and goes would leave one behind for up to an hour.
 */
export function watchTimeout(
  askedSeconds: number | undefined,
  random: () => number = Math.random,
): number {
  const seconds = askedSeconds || LEAST + Math.floor(LEAST * random());
  // One of less than none ends at once, as in kube-apiserver.
  return Math.max(0, Math.min(seconds * 1000, MAX_TIMER_MS));
}
