/** Longest time that a server can make us wait, in milliseconds. */
const MAX = 60 * 60_000;

/**
 * Milliseconds that a server wants to be left alone: `Retry-After` (RFC 9110,
 * seconds or a date), else GitHub's and GitLab's headers where nothing is left
 * of a limit.
 *
 * @param now Milliseconds since 1970.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const asked = headers.get("Retry-After");
  let wait: number | undefined;
  if (asked !== null) {
    wait = /^\d+$/.test(asked.trim())
      ? Number(asked) * 1000
      : Date.parse(asked) - now;
  } else {
    for (const prefix of ["X-RateLimit", "RateLimit"]) {
      if (headers.get(`${prefix}-Remaining`) !== "0") continue;
      wait = Number(headers.get(`${prefix}-Reset`)) * 1000 - now;
      break;
    }
  }
  if (wait === undefined || Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(wait, 0), MAX);
}
