import { Hono } from "hono";
import type { KubeClient } from "../../kube/client.ts";
import type { Artifacts } from "../artifacts.ts";
import { authenticate, type CallerEnv } from "./authentication.ts";
import { StatusError } from "./status_error.ts";

/** Code of the hub's own plugins: `GET /sha256/:hash`, for anybody whom the engine knows. */
export function artifactRoutes(
  options: { client: KubeClient; artifacts: Artifacts },
) {
  return new Hono<CallerEnv>()
    .use(authenticate(options))
    .get("/sha256/:hash", async (c) => {
      const hash = c.req.param("hash");
      const code = await options.artifacts.get(hash);
      if (!code) {
        throw new StatusError(404, `the hub has no artifact sha256:${hash}`);
      }
      const etag = `"sha256:${hash}"`;
      c.header("ETag", etag);
      // What the hash names never changes.
      c.header("Cache-Control", "private, max-age=31536000, immutable");
      if (c.req.header("If-None-Match") === etag) return c.body(null, 304);
      return c.body(code, 200, { "Content-Type": "application/octet-stream" });
    });
}
