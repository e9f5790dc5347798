import { hmac } from "../webhook/hmac.ts";
import type { Notification, NotificationRequest } from "./notification.ts";

/**
 * A notification as JSON, signed as generic webhooks of Faros are: with
 * `X-Signature: sha256=HEX`, the HMAC of `TIMESTAMP.BODY`.
 *
 * @param token The key; unsigned without one.
 * @param now Milliseconds since 1970.
 */
export async function genericRequest(
  notification: Notification,
  { token, now }: { token: string | undefined; now: number },
): Promise<NotificationRequest> {
  const body = JSON.stringify(notification);
  if (!token) return { headers: {}, body };
  const timestamp = String(Math.floor(now / 1000));
  const signature = await hmac(token, `${timestamp}.`, body);
  return {
    headers: {
      "x-signature-timestamp": timestamp,
      "x-signature": `sha256=${signature.toHex()}`,
    },
    body,
  };
}
