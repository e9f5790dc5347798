import { createMiddleware } from "hono/factory";
import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import type { AccessReview } from "../../kube/access_review.ts";
import type { KubeClient } from "../../kube/client.ts";
import { type Clock, systemClock } from "../../kube/clock.ts";
import { StatusError } from "./status_error.ts";

/** Who makes a request, as the engine says. */
export interface Caller {
  username: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

/** What the middleware puts into the context. */
export interface CallerEnv {
  Variables: { caller: Caller };
}

/** How long the engine's word on a token is kept, in milliseconds. */
const KEPT = 10_000;
const REMEMBERED = 10_000;

/** Middleware that asks the engine whose bearer token it is (TokenReview). */
export function authenticate(
  { client, clock = systemClock }: { client: KubeClient; clock?: Clock },
) {
  const known = new Map<string, { caller: Caller; until: number }>();
  return createMiddleware<CallerEnv>(async (c, next) => {
    const [, token] =
      /^Bearer ([\w~+/.=-]+)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
    if (!token) {
      throw new StatusError(
        401,
        "the request needs an Authorization header with a bearer token of the Kubernetes API",
      );
    }
    const key = await sha256Hex(token);
    const now = clock.now();
    let entry = known.get(key);
    if (!entry || entry.until <= now) {
      known.delete(key);
      const { authenticated, user } = await client.tokenReview(token);
      if (!authenticated || !user) {
        throw new StatusError(
          401,
          "the Kubernetes API does not know the token",
        );
      }
      entry = { caller: user, until: now + KEPT };
      if (known.size >= REMEMBERED) known.clear();
      known.set(key, entry);
    }
    c.set("caller", entry.caller);
    await next();
  });
}

/** Whether the engine's authorizer lets the caller (SubjectAccessReview). */
export async function mayCaller(
  client: KubeClient,
  caller: Caller,
  question: Omit<AccessReview, "user" | "groups" | "uid" | "extra">,
): Promise<boolean> {
  const { username: user, uid, groups = [], extra } = caller;
  const { allowed } = await client.accessReview({
    user,
    uid,
    groups,
    extra,
    ...question,
  });
  return allowed;
}
