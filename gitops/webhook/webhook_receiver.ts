import {
  FETCH_REQUESTED_ANNOTATION,
  PULL_REQUESTS_REQUESTED_ANNOTATION,
} from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { Clock, KubeClient } from "../../kube/mod.ts";
import { concerns } from "./concerns.ts";
import { FetchRequests } from "./fetch_requests.ts";
import { SeenDeliveries } from "./seen_deliveries.ts";
import { senders, type WebhookType } from "./senders.ts";
import type { Delivery, Verified } from "./webhook.ts";
import { WebhookTokens } from "./webhook_tokens.ts";

/** Options of {@linkcode WebhookReceiver}. */
export interface WebhookReceiverOptions {
  client: KubeClient;
  /** A Repository as it is known here. */
  repository: (name: string) => Repository | undefined;
  clock: Clock;
  signal: AbortSignal;
}

/** What became of a delivery. */
export interface WebhookOutcome {
  /** - `accepted`: the hub looks for commits
   * - `ignored`: it is about something else
   * - `duplicate`: it was taken before
   * - `stale`: signed well, but too long ago
   * - `refused`: unsigned, wrongly signed, or for no webhook that there is */
  result: "accepted" | "ignored" | "duplicate" | "stale" | "refused";
  type?: WebhookType;
  message: string;
}

/** How far the time of a signature may be from ours, in milliseconds: as Standard Webhooks recommends. */
const TOLERANCE = 5 * 60_000;

/**
 * Takes what forges send to the webhooks of Repositories. All that a delivery
 * can do is to make the hub look for commits, where it is about a ref that the
 * Repository follows, or for pull requests.
 */
export class WebhookReceiver {
  readonly #options: WebhookReceiverOptions;
  readonly #tokens: WebhookTokens;
  readonly #seen: SeenDeliveries;
  readonly #commits: FetchRequests;
  readonly #pullRequests: FetchRequests;
  /** Verified against where there is no secret, so that this takes as long. */
  readonly #nobodys = crypto.randomUUID();

  constructor(options: WebhookReceiverOptions) {
    this.#options = options;
    this.#tokens = new WebhookTokens(options);
    this.#seen = new SeenDeliveries(options.clock);
    this.#commits = new FetchRequests(FETCH_REQUESTED_ANNOTATION, options);
    this.#pullRequests = new FetchRequests(
      PULL_REQUESTS_REQUESTED_ANNOTATION,
      options,
    );
  }

  /** Takes a delivery for the Repository of that name, whether there is one or not. */
  async receive(name: string, delivery: Delivery): Promise<WebhookOutcome> {
    const repository = this.#options.repository(name);
    const found = await this.#verify(repository, delivery);
    if (!repository || !found) {
      return {
        result: "refused",
        message:
          "no webhook of a Repository of that name has the secret that this is signed with",
      };
    }
    const { type, verified } = found;
    const { time } = verified;
    const age = Math.abs(this.#options.clock.now() - (time ?? NaN));
    if (age > TOLERANCE) {
      return {
        result: "stale",
        type,
        message: `signed ${Math.round(age / 1000)} s from the hub's time; ${
          TOLERANCE / 1000
        } s are allowed`,
      };
    }
    const names = await namesOf(repository, { delivery, verified });
    if (this.#seen.has(names)) {
      return { result: "duplicate", type, message: "taken before" };
    }
    const event = senders[type].read(delivery);
    const ignored = (message: string): WebhookOutcome => {
      this.#seen.add(names);
      return { result: "ignored", type, message };
    };
    if (event.kind === "ping") return ignored("the webhook works");
    if (event.kind === "other") return ignored("about no commits");
    const accepted = async (requests: FetchRequests, what: string) => {
      await requests.request(name);
      // Not before: what failed may be sent again.
      this.#seen.add(names);
      return {
        result: "accepted",
        type,
        message: `the hub looks for ${what} now`,
      } as const;
    };
    if (event.kind === "pull-request") {
      return repository.spec.forge?.pullRequests
        ? await accepted(this.#pullRequests, "pull requests")
        : ignored("about no commits that are followed");
    }
    if (!concerns(repository.spec.ref, event.refs)) {
      return ignored("about a ref that is not followed");
    }
    return await accepted(this.#commits, "commits");
  }

  async #verify(
    repository: Repository | undefined,
    delivery: Delivery,
  ): Promise<{ type: WebhookType; verified: Verified } | undefined> {
    const webhooks = repository?.spec.webhooks?.length
      ? repository.spec.webhooks
      // As much work as for one that there is.
      : [{ type: "github", secretRef: { name: "none" } } as const];
    for (const { type, secretRef } of webhooks) {
      const token = await this.#tokens.get(secretRef.name) ?? this.#nobodys;
      const verified = await senders[type].verify(delivery, token);
      if (verified) return { type, verified };
    }
  }
}

/** Names by which a delivery is known again. */
async function namesOf(
  { metadata }: Repository,
  of: { delivery: Delivery; verified: Verified },
): Promise<string[]> {
  const { delivery: { body }, verified: { id, time, signsBody } } = of;
  const scope = metadata.uid ?? metadata.name;
  const names = id ? [`${scope} id ${id.slice(0, 200)}`] : [];
  if (signsBody) {
    const digest = new Uint8Array(
      await crypto.subtle.digest("SHA-256", body as BufferSource),
    );
    names.push(`${scope} body ${time ?? ""} ${digest.toBase64()}`);
  }
  return names;
}
