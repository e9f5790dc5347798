import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { HUB_API } from "../../api/names.ts";
import type { Artifacts } from "../artifacts.ts";
import { artifactRoutes } from "./artifacts.ts";
import { NotReady } from "./not_ready.ts";
import { deviceRoutes, type DeviceRoutesOptions } from "./devices.ts";
import type { ConnectionEnv } from "./rate_limit.ts";
import { answerErrors, answerNotFound } from "./status_error.ts";
import { webhookRoutes, type WebhookRoutesOptions } from "./webhooks.ts";
import { workspaceRoutes } from "./workspaces.ts";

/** A named check of readiness: resolves, or throws what is wrong; only a {@linkcode NotReady} is shown to everybody. */
export type ReadyCheck = () => void | Promise<void>;

/** Options of {@linkcode createApp}. */
export interface AppOptions extends DeviceRoutesOptions, WebhookRoutesOptions {
  artifacts: Artifacts;
  checks: Record<string, ReadyCheck>;
}

/** Those that are counted apart: strangers could make up any number of others, and each would be a series of its own. */
const METHODS = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
]);

/** The hub's own HTTP API. */
export function createApp(options: AppOptions): Hono<ConnectionEnv> {
  const { metrics, checks, keys, log } = options;
  const app = new Hono<ConnectionEnv>();
  app.use(async (c, next) => {
    await next();
    metrics.count("faros_http_requests_total", {
      method: METHODS.has(c.req.method) ? c.req.method : "other",
      code: String(c.res.status),
    });
  });
  app.use(secureHeaders());
  app.onError(answerErrors(log));
  app.notFound(answerNotFound);
  app.get("/healthz", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const lines: string[] = [];
    let ready = true;
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check();
        lines.push(`[+]${name} ok`);
      } catch (error) {
        ready = false;
        // Anybody may ask; the log has the details.
        const why = error instanceof NotReady ? `: ${error.message}` : "";
        lines.push(`[-]${name} failed${why}`);
        log.warn("Not ready", { check: name, error });
      }
    }
    lines.push(ready ? "readyz check passed" : "readyz check failed");
    return c.text(lines.join("\n") + "\n", ready ? 200 : 503);
  });
  app.get("/metrics", (c) => {
    c.header("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(metrics.text());
  });
  app.get(
    `${HUB_API}/keys`,
    (c) => c.json({ keys: keys.keys(), endorsements: keys.endorsements() }),
  );
  app.route(`${HUB_API}/workspaces`, workspaceRoutes(options));
  app.route(`${HUB_API}/devices`, deviceRoutes(options));
  app.route(`${HUB_API}/artifacts`, artifactRoutes(options));
  app.route("/webhooks", webhookRoutes(options));
  return app;
}
