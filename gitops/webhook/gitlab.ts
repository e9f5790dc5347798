import { hmac, isSame } from "./hmac.ts";
import { asText, jsonBody } from "./json_body.ts";
import { verifyStandardWebhook } from "./standard_webhooks.ts";
import type { WebhookSender } from "./webhook.ts";

/**
 * Webhooks of GitLab: signed ones (a signing token, `whsec_…`), and those that
 * send their secret token along.
 * https://docs.gitlab.com/user/project/integrations/webhooks/
 */
export const gitlab: WebhookSender = {
  async verify(delivery, secret) {
    const { headers } = delivery;
    // Who signs is held to it: the token alone could be another's.
    if (headers.has("webhook-signature")) {
      return await verifyStandardWebhook(delivery, secret);
    }
    // By digests, since those are of one length.
    const [given, expected] = await Promise.all([
      hmac("gitlab", headers.get("X-Gitlab-Token") ?? ""),
      hmac("gitlab", secret),
    ]);
    if (!isSame(given, expected)) return undefined;
    return {
      id: headers.get("Idempotency-Key") ?? undefined,
      signsBody: false,
    };
  },
  read({ headers, body }) {
    switch (headers.get("X-Gitlab-Event")) {
      case "Push Hook":
      case "Tag Push Hook": {
        const ref = asText(jsonBody(body).ref);
        return { kind: "push", ...(ref ? { refs: [ref] } : {}) };
      }
      case "Merge Request Hook":
        return { kind: "pull-request" };
      default:
        return { kind: "other" };
    }
  },
};
