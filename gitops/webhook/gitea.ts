import { isSignedAs } from "./hmac.ts";
import { asText, jsonBody } from "./json_body.ts";
import type { WebhookSender } from "./webhook.ts";

/** Headers by which Gitea and Forgejo sign, the digest in hex: https://docs.gitea.com/usage/webhooks and https://forgejo.org/docs/latest/user/webhooks/ */
const SIGNATURES: [name: string, prefix: string][] = [
  ["X-Forgejo-Signature", ""],
  ["X-Gitea-Signature", ""],
  ["X-Hub-Signature-256", "sha256="],
];

/** Webhooks of Gitea and Forgejo. */
export const gitea: WebhookSender = {
  async verify({ headers, body }, secret) {
    // The first that is there counts: a wrong one is not made good by another.
    const [name, prefix] = SIGNATURES.find(([name]) => headers.has(name)) ??
      SIGNATURES[0]!;
    const signed = await isSignedAs(headers.get(name), {
      prefix,
      key: secret,
      parts: [body],
    });
    if (!signed) return undefined;
    const id = headers.get("X-Forgejo-Delivery") ??
      headers.get("X-Gitea-Delivery");
    return { id: id ?? undefined, signsBody: true };
  },
  read({ headers, body }) {
    const event = headers.get("X-Forgejo-Event") ??
      headers.get("X-Gitea-Event") ?? headers.get("X-GitHub-Event");
    if (event === "push") {
      const ref = asText(jsonBody(body).ref);
      return { kind: "push", ...(ref ? { refs: [ref] } : {}) };
    }
    // New commits of one come as pull_request_sync.
    if (event === "pull_request" || event === "pull_request_sync") {
      return { kind: "pull-request" };
    }
    return { kind: "other" };
  },
};
