import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { WebhookReceiver } from "../../gitops/mod.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Logger } from "../../kube/log.ts";
import type { HubMetrics } from "../metrics.ts";
import {
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
  return new Hono<ConnectionEnv>()
    .use(rateLimit(webhookLimit))
    .use(bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        count("oversized");
        throw new StatusError(
          413,
          `the body is larger than ${
            MAX_BODY >> 20
          } MiB; the hub finds the commits by itself, at the Repository's interval`,
        );
      },
    }))
    .post("/repositories/:name", async (c) => {
      const name = c.req.param("name");
      const { result, type, message } = await webhooks.receive(name, {
        headers: c.req.raw.headers,
        body: new Uint8Array(await c.req.arrayBuffer()),
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
