import { causes } from "../http/causes.ts";
import { readLimited } from "../http/read_limited.ts";
import { retryAfter } from "../http/retry_after.ts";
import { genericRequest } from "./generic.ts";
import type { Notification, NotificationTarget } from "./notification.ts";
import { slackRequest } from "./slack.ts";

/** A notification that did not get through. */
export class NotificationError extends Error {
  override name = "NotificationError";
  /** Whether sending it again may help. */
  readonly again: boolean;
  /** Milliseconds that the receiver wants us to wait. */
  readonly retryAfter: number;

  constructor(
    message: string,
    options: { again: boolean; retryAfter?: number | undefined },
  ) {
    super(message);
    this.again = options.again;
    this.retryAfter = options.retryAfter ?? 0;
  }
}

/** Longest time of a request, in milliseconds. */
const TIMEOUT = 15_000;
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * Sends a notification once.
 *
 * @throws {NotificationError} which never holds the address: that of Slack is
 * itself a secret
 */
export async function sendNotification(
  notification: Notification,
  options: {
    target: NotificationTarget;
    secret: Record<string, string> | undefined;
    /** Milliseconds since 1970. */
    now: () => number;
    signal: AbortSignal;
  },
): Promise<void> {
  const { target, secret, now, signal } = options;
  const { type, secretRef } = target;
  const what = `Cannot notify the address of Secret ${secretRef.name}`;
  const url = addressOf(target, { secret, what });
  const request = type === "slack"
    ? slackRequest(notification)
    : await genericRequest(notification, {
      token: secret?.token?.trim(),
      now: now(),
    });
  using client = Deno.createHttpClient(
    secret?.["ca.crt"] ? { caCerts: [secret["ca.crt"]] } : {},
  );
  const limit = AbortSignal.timeout(TIMEOUT);
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "faros",
        ...request.headers,
      },
      body: request.body,
      // The address is what somebody chose; no receiver chooses another.
      redirect: "manual",
      client,
      signal: AbortSignal.any([signal, limit]),
    });
    await readLimited(response, 1 << 20);
  } catch (error) {
    signal.throwIfAborted();
    const found = limit.aborted
      ? `no answer within ${TIMEOUT / 1000} s`
      : causes(error).replaceAll(url.href, "it");
    throw new NotificationError(`${what}: ${found}`, { again: true });
  }
  if (response.ok) return;
  const { status } = response;
  throw new NotificationError(`${what}: it answered ${status}`, {
    again: status >= 500 || [408, 425, 429].includes(status),
    retryAfter: retryAfter(response.headers, now()),
  });
}

function addressOf(
  { type }: NotificationTarget,
  of: { secret: Record<string, string> | undefined; what: string },
): URL {
  const { secret, what } = of;
  const bad = (found: string, again = false) =>
    new NotificationError(`${what}: ${found}`, { again });
  if (!secret) {
    throw bad("there is no such Secret in namespace faros-system", true);
  }
  const url = URL.parse(secret.address?.trim() ?? "");
  // In the clear only what is no secret: Slack's address is one.
  const secure = url?.protocol === "https:" ||
    (url?.protocol === "http:" &&
      (type === "generic" || LOOPBACK.test(url.hostname)));
  if (!url || !secure) throw bad("its address is no https:// URL");
  if (url.username || url.password) {
    throw bad("its address has credentials in it, which are not sent");
  }
  return url;
}
