import { type Context, Hono } from "hono";
import type { WebhookReceiver } from "../../gitops/mod.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Logger } from "../../kube/log.ts";
import type { HubMetrics } from "../metrics.ts";
import { Bodies } from "./bodies.ts";
import {
  addressOf,
  type ConnectionEnv,
  rateLimit,
  type RateLimitOptions,
} from "./rate_limit.ts";
import { StatusError } from "./status_error.ts";

/** Options of {@linkcode webhookRoutes}. */
export interface WebhookRoutesOptions {
  webhooks: WebhookReceiver;
  metrics: HubMetrics;
  log: Logger;
  /** Of one address, which may be a whole forge's. @default 10 a second, 100 at once */
  webhookLimit?: RateLimitOptions;
  clock?: Clock;
}

/** Bytes of a payload. A push of GitHub's has up to 2,048 commits; most have a few KiB. */
const MAX_BODY = 4 << 20;

/** Bytes of all payloads that come at a time from one address, and from all. */
const MAX_OF_ADDRESS = 16 << 20;
const MAX_OF_ALL = 64 << 20;
/** How long one may take to come, in milliseconds; forges give up after 10 s or so. */
const DEADLINE = 20_000;
/** Results of those that could not be read, by the status of the answer. */
const UNREAD: Record<number, string> = {
  408: "late",
  413: "oversized",
  503: "busy",
};

const CODES = {
  accepted: 202,
  ignored: 200,
  duplicate: 200,
  stale: 401,
  refused: 401,
} as const;

/** `POST /webhooks/repositories/NAME`: forges say that there is news. */
export function webhookRoutes(options: WebhookRoutesOptions) {
  const { webhooks, metrics, log, clock } = options;
  const { webhookLimit = { rate: 10, burst: 100, clock } } = options;
  const count = (result: string, type = "") =>
    metrics.count("faros_webhooks_total", { type, result });
  const bodies = new Bodies({
    largest: MAX_BODY,
    perAddress: MAX_OF_ADDRESS,
    total: MAX_OF_ALL,
    deadline: DEADLINE,
    clock,
  });
  const read = async (c: Context<ConnectionEnv>) => {
    try {
      return await bodies.read(c.req.raw, addressOf(c));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      count(UNREAD[error.status]!);
      throw new StatusError(
        error.status,
        `${error.message}; the hub finds the commits by itself, at the Repository's interval`,
      );
    }
  };
  return new Hono<ConnectionEnv>()
    .use(rateLimit(webhookLimit))
    .post("/repositories/:name", async (c) => {
      const name = c.req.param("name");
      using body = await read(c);
      const { result, type, message } = await webhooks.receive(name, {
        headers: c.req.raw.headers,
        body: body.bytes,
      });
      count(result, type);
      const code = CODES[result];
      log[code === 401 ? "warn" : "debug"]("A webhook was called", {
        repository: name.slice(0, 253),
        type,
        result,
      });
      if (code === 401) throw new StatusError(code, message);
      return c.json({ result, message }, code);
    });
}
