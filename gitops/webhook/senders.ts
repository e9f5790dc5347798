import type { Repository } from "../../api/repository.ts";
import { bitbucket } from "./bitbucket.ts";
import { generic } from "./generic.ts";
import { gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import type { WebhookSender } from "./webhook.ts";

/** `spec.webhooks[].type` of a Repository. */
export type WebhookType = NonNullable<
  Repository["spec"]["webhooks"]
>[number]["type"];

/** All kinds of senders. */
export const senders: Record<WebhookType, WebhookSender> = {
  github,
  gitlab,
  gitea,
  forgejo: gitea,
  bitbucket,
  generic,
};
