/**
 * Signs deliveries as the forges do, for tests.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { WebhookType } from "./senders.ts";

const sha256 = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text);

/** Headers that sign a body. @param at Milliseconds since 1970; only some senders sign it */
export function signatureHeaders(
  type: WebhookType | "gitlab-signed",
  of: { body: string; secret: string; at?: number; id?: string },
): Record<string, string> {
  const { body, secret, at = Date.now(), id = crypto.randomUUID() } = of;
  const hex = sha256(secret, body).digest("hex");
  const timestamp = String(Math.floor(at / 1000));
  switch (type) {
    case "github":
      return {
        "X-Hub-Signature-256": `sha256=${hex}`,
        "X-GitHub-Delivery": id,
      };
    case "gitlab":
      return { "X-Gitlab-Token": secret, "Idempotency-Key": id };
    case "gitlab-signed": {
      const key = Uint8Array.fromBase64(secret.slice("whsec_".length));
      const signature = sha256(key, `${id}.${timestamp}.${body}`)
        .digest("base64");
      return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${signature}`,
      };
    }
    case "gitea":
      return { "X-Gitea-Signature": hex, "X-Gitea-Delivery": id };
    case "forgejo":
      return { "X-Forgejo-Signature": hex, "X-Forgejo-Delivery": id };
    case "bitbucket":
      return { "X-Hub-Signature": `sha256=${hex}`, "X-Request-UUID": id };
    case "generic":
      return {
        "X-Signature-Timestamp": timestamp,
        "X-Signature": `sha256=${
          sha256(secret, `${timestamp}.${body}`).digest("hex")
        }`,
      };
  }
}
