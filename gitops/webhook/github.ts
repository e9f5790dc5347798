import { isSignedAs } from "./hmac.ts";
import { asText, jsonBody } from "./json_body.ts";
import type { WebhookSender } from "./webhook.ts";

/** Webhooks of GitHub, by `application/json`: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export const github: WebhookSender = {
  async verify({ headers, body }, secret) {
    const signed = await isSignedAs(headers.get("X-Hub-Signature-256"), {
      prefix: "sha256=",
      key: secret,
      parts: [body],
    });
    if (!signed) return undefined;
    return {
      id: headers.get("X-GitHub-Delivery") ?? undefined,
      signsBody: true,
    };
  },
  read({ headers, body }) {
    switch (headers.get("X-GitHub-Event")) {
      case "ping":
        return { kind: "ping" };
      case "push": {
        const ref = asText(jsonBody(body).ref);
        return { kind: "push", ...(ref ? { refs: [ref] } : {}) };
      }
      case "pull_request":
        return { kind: "pull-request" };
      default:
        return { kind: "other" };
    }
  },
};
