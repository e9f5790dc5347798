import { isSignedAs } from "./hmac.ts";
import { asObject, asText, jsonBody } from "./json_body.ts";
import type { WebhookSender } from "./webhook.ts";

/**
 * Webhooks of Bitbucket Cloud and Data Center.
 * https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
 */
export const bitbucket: WebhookSender = {
  async verify({ headers, body }, secret) {
    const signed = await isSignedAs(headers.get("X-Hub-Signature"), {
      prefix: "sha256=",
      key: secret,
      parts: [body],
    });
    if (!signed) return undefined;
    const id = headers.get("X-Request-UUID") ?? headers.get("X-Request-Id");
    return { id: id ?? undefined, signsBody: true };
  },
  read({ headers, body }) {
    const event = headers.get("X-Event-Key") ?? "";
    if (event === "diagnostics:ping") return { kind: "ping" };
    if (event === "repo:push") {
      const { changes } = asObject(jsonBody(body).push);
      return push(changes, (change) => {
        // What was deleted has an old side only.
        const side = asObject(change.new ?? change.old);
        const name = asText(side.name);
        return name && `refs/${side.type === "tag" ? "tags" : "heads"}/${name}`;
      });
    }
    if (event === "repo:refs_changed") {
      return push(
        jsonBody(body).changes,
        (change) => asText(change.refId) ?? asText(asObject(change.ref).id),
      );
    }
    if (/^(pullrequest|pr):/.test(event)) return { kind: "pull-request" };
    return { kind: "other" };
  },
};

function push(
  changes: unknown,
  refOf: (change: { [key: string]: unknown }) => string | undefined,
) {
  if (!Array.isArray(changes)) return { kind: "push" } as const;
  const refs = changes.map((change) => refOf(asObject(change)));
  const named = refs.filter((ref) => ref !== undefined);
  return {
    kind: "push",
    ...(named.length === refs.length ? { refs: named } : {}),
  } as const;
}
