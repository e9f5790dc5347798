import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { KubeApiError } from "../../kube/kube_api_error.ts";
import type { Logger } from "../../kube/log.ts";

const REASONS: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  408: "Timeout",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  503: "ServiceUnavailable",
};

/** A refusal, told as a Kubernetes `Status`. */
export class StatusError extends HTTPException {
  constructor(status: ContentfulStatusCode, message: string) {
    super(status, { message });
  }
}

/** For `app.onError`: every error as a Kubernetes `Status`, so that its clients read them all alike. */
export function answerErrors(log: Logger) {
  return (error: Error, c: Context): Response => {
    if (error instanceof HTTPException) {
      return answer(c, error.status, error.message);
    }
    if (error instanceof KubeApiError) {
      // The engine's own word. Its 401 would be about us, not about the caller.
      const code = error.code === 401 ? 503 : error.code;
      return answer(
        c,
        code as ContentfulStatusCode,
        error.message,
        error.reason,
      );
    }
    log.error("A request failed", {
      method: c.req.method,
      path: c.req.path,
      error,
    });
    return answer(c, 500, "the hub failed; its log says why");
  };
}

/** For `app.notFound`. */
export function answerNotFound(c: Context): Response {
  return answer(c, 404, `the hub serves no ${c.req.method} ${c.req.path}`);
}

function answer(
  c: Context,
  code: ContentfulStatusCode,
  message: string,
  reason: string = REASONS[code] ?? "InternalError",
): Response {
  if (code === 401) c.header("WWW-Authenticate", "Bearer");
  return c.json({
    apiVersion: "v1",
    kind: "Status",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  }, code);
}
