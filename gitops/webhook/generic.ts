import { isSignedAs } from "./hmac.ts";
import { asText, jsonBody } from "./json_body.ts";
import type { WebhookSender } from "./webhook.ts";

/**
 * Webhooks of anything else: `X-Signature: sha256=HEX` is the HMAC of
 * `TIMESTAMP.BODY`, with `X-Signature-Timestamp: TIMESTAMP` in seconds since
 * 1970. The body may be JSON with a `ref`. Faros signs its own notifications
 * so.
 */
export const generic: WebhookSender = {
  async verify({ headers, body }, secret) {
    const timestamp = headers.get("X-Signature-Timestamp") ?? "";
    const signed = await isSignedAs(headers.get("X-Signature"), {
      prefix: "sha256=",
      key: secret,
      parts: [`${timestamp}.`, body],
    });
    if (!signed || !/^\d{1,12}$/.test(timestamp)) return undefined;
    return { time: Number(timestamp) * 1000, signsBody: true };
  },
  read({ body }) {
    const ref = asText(jsonBody(body).ref);
    return { kind: "push", ...(ref ? { refs: [ref] } : {}) };
  },
};
