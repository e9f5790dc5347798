import type { RequestOptions } from "./contract.ts";

/** The `details` of a Kubernetes `Status`. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message?: string; field?: string }[];
  retryAfterSeconds?: number;
}

/** What an API server says when it refuses a request: a `Status` object. */
export interface Status {
  apiVersion?: string;
  kind?: string;
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: StatusDetails;
}

/** A request that the API server refused. */
export class KubeApiError extends Error {
  override name = "KubeApiError";
  /** HTTP status: 404, 409, 410 … */
  readonly code: number;
  /** Machine-readable reason: `NotFound`, `AlreadyExists`, `Conflict` … */
  readonly reason: string;
  readonly details?: StatusDetails;
  /** Seconds that the server asks to wait before the next attempt. */
  readonly retryAfterSeconds?: number;
  /** The request, as `GET /api/v1/pods`. */
  readonly request?: string;

  /** @param options.request Named in the message where the server's does not. */
  constructor(
    status: Status,
    options: {
      code?: number;
      retryAfterSeconds?: number;
      request?: Pick<RequestOptions, "method" | "path">;
    } = {},
  ) {
    const code = status.code ?? options.code ?? 500;
    const reason = status.reason || REASONS[code] || "Unknown";
    const request = options.request &&
      `${options.request.method} ${options.request.path}`;
    const said = status.message || `the server answered ${code} ${reason}`;
    const message = said === "Unauthorized"
      ? "Unauthorized: the server does not know the credentials of this request"
      : said;
    super(request ? `${message} (${request})` : message);
    this.code = code;
    this.reason = reason;
    this.details = status.details;
    this.retryAfterSeconds = status.details?.retryAfterSeconds ??
      options.retryAfterSeconds;
    this.request = request;
  }
}

const REASONS: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  406: "NotAcceptable",
  409: "Conflict",
  410: "Gone",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** Whether it is an answer 404: the object (or its kind) is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 404;
}

/** Whether it says that an object of that name is there already. */
export function isAlreadyExists(error: unknown): boolean {
  return error instanceof KubeApiError && error.reason === "AlreadyExists";
}

/** Whether the object was changed meanwhile, or is owned by another manager. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeApiError && error.reason === "Conflict";
}

/** Whether a resourceVersion or continue token is too old to go on from. */
export function isGone(error: unknown): boolean {
  return error instanceof KubeApiError &&
    (error.code === 410 || error.reason === "Expired");
}

/** Whether whoever asked may not do that. */
export function isForbidden(error: unknown): boolean {
  return error instanceof KubeApiError && error.code === 403;
}
