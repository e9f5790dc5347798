import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { type Clock, systemClock } from "../../kube/clock.ts";
import { networkOf } from "./network_of.ts";
import { StatusError } from "./status_error.ts";

/** What `Deno.serve` tells of a connection; tests may leave it out. */
export interface ConnectionEnv {
  Bindings: { remoteAddr?: Deno.Addr };
}

/** Options of {@linkcode rateLimit}. */
export interface RateLimitOptions {
  /** Requests a second of one address, over time. */
  rate: number;
  /** Requests at once. */
  burst: number;
  clock?: Clock;
}

const REMEMBERED = 100_000;

/** Where a request comes from, as far as limits go: see {@linkcode networkOf}. */
export function addressOf({ env }: Context<ConnectionEnv>): string {
  const { remoteAddr } = env ?? {};
  return remoteAddr && "hostname" in remoteAddr
    ? networkOf(remoteAddr.hostname)
    : "";
}

/** Middleware that lets each address make so many requests: a token bucket each. */
export function rateLimit(options: RateLimitOptions) {
  const { rate, burst, clock = systemClock } = options;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return createMiddleware<ConnectionEnv>(async (c, next) => {
    const address = addressOf(c);
    const now = clock.now();
    const { tokens, at } = buckets.get(address) ?? { tokens: burst, at: now };
    const left = Math.min(burst, tokens + (now - at) / 1000 * rate);
    // Moved to the end, so that the first is the one that was silent longest.
    buckets.delete(address);
    buckets.set(address, { tokens: Math.max(left - 1, 0), at: now });
    if (buckets.size > REMEMBERED) {
      buckets.delete(buckets.keys().next().value!);
    }
    if (left < 1) {
      c.header("Retry-After", String(Math.ceil((1 - left) / rate)));
      throw new StatusError(429, "too many requests; try again later");
    }
    await next();
  });
}
