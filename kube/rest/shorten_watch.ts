/** Longest watch of kcp, in seconds: less than the silence after which `watch.ts` gives up. */
export const KCP_WATCH = 120;

/**
 * The query of a request, in which a watch that would be longer than `max`
 * seconds is shorter.
 */
export function shortenWatch(
  query: URLSearchParams | undefined,
  max: number | undefined,
): URLSearchParams | undefined {
  const seconds = Number(query?.get("timeoutSeconds"));
  if (!max || !(seconds > max) || !query?.has("watch")) return query;
  const shortened = new URLSearchParams(query);
  // Those who chose different times, so as not to come back together, still do.
  const shorter = Math.ceil(max / 2 + seconds % (max / 2));
  shortened.set("timeoutSeconds", String(shorter));
  return shortened;
}
