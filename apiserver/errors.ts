/**
 * Errors as Kubernetes clients understand them: each carries the `Status` object of its answer.
 *
 * @module
 */
import type { FieldError, Json, JsonObject } from "./types.ts";

/** An error that is answered as a Kubernetes `Status` with `code`. */
export class StatusError extends Error {
  override name = "StatusError";
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: JsonObject,
    /** Extra response headers, such as Retry-After. */
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }

  /** The `Status` object (meta/v1) of this error. */
  toStatus(): JsonObject {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    };
  }
}

/** Names a resource in messages: `agents.edge.faros.sh`, `configmaps`. */
export interface ResourceName {
  group: string;
  resource: string;
  kind?: string;
}

function qualified(of: ResourceName): string {
  return of.group ? `${of.resource}.${of.group}` : of.resource;
}

function details(of: ResourceName, name?: string): JsonObject {
  return {
    ...(name ? { name } : {}),
    ...(of.group ? { group: of.group } : {}),
    kind: of.resource,
  };
}

/** 404 for an object that does not exist. */
export function notFound(of: ResourceName, name: string): StatusError {
  return new StatusError(
    404,
    "NotFound",
    `${qualified(of)} "${name}" not found`,
    details(of, name),
  );
}

/** 404 for a path that serves nothing. */
export class NoSuchPath extends StatusError {
  override name = "NoSuchPath";
  constructor() {
    super(
      404,
      "NotFound",
      "the server could not find the requested resource",
      {},
    );
  }
}

/** 404 for a path that serves nothing. */
export function noSuchPath(): StatusError {
  return new NoSuchPath();
}

/**
 * 404 for what a group of the server's own does not have, be it a version, a resource or a subresource. Where a whole
 * group is missing, or a group of custom resources has no such one, it is a {@linkcode NoSuchPath}.
 */
export function noSuchResource(): StatusError {
  return new StatusError(
    404,
    "NotFound",
    "the server could not find the requested resource",
    {},
  );
}

/** 409 for a name that is taken. */
export function alreadyExists(of: ResourceName, name: string): StatusError {
  return new StatusError(
    409,
    "AlreadyExists",
    `${qualified(of)} "${name}" already exists`,
    details(of, name),
  );
}

/** 409 for a write based on an old state. */
export function conflict(
  of: ResourceName,
  name: string,
  why =
    "the object has been modified; please apply your changes to the latest version and try again",
): StatusError {
  return new StatusError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    details(of, name),
  );
}

/** 422 for an object that breaks its schema or rules. */
export function invalid(
  of: { group: string; kind: string },
  name: string,
  errors: FieldError[],
): StatusError {
  const texts = errors.map((e) => `${e.field}: ${e.message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const kind = of.group ? `${of.kind}.${of.group}` : of.kind;
  return new StatusError(
    422,
    "Invalid",
    `${kind} "${name}" is invalid: ${list}`,
    {
      ...(name ? { name } : {}),
      ...(of.group ? { group: of.group } : {}),
      ...(of.kind ? { kind: of.kind } : {}),
      causes: errors.map((e): Json => ({ ...e })),
    },
  );
}

/** 403 where the authorizer or a rule says no. `action` reads `User "x" cannot get resource …`. */
export function forbidden(
  of: ResourceName,
  name: string,
  why: string,
): StatusError {
  return new StatusError(
    403,
    "Forbidden",
    `${qualified(of)}${name ? ` "${name}"` : ""} is forbidden: ${why}`,
    details(of, name),
  );
}

/** 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

/** 401. */
export function unauthorized(): StatusError {
  return new StatusError(401, "Unauthorized", "Unauthorized");
}

/** 405. */
export function methodNotAllowed(
  of: ResourceName,
  verb: string,
): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${qualified(of)}"`,
    details(of),
  );
}

/** 410 for a resourceVersion whose history is gone. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

/** 504 for a resourceVersion that is yet to come. */
export function tooLargeResourceVersion(
  wanted: number,
  current: number,
): StatusError {
  return new StatusError(
    504,
    "Timeout",
    `Timeout: Too large resource version: ${wanted}, current: ${current}`,
    {
      causes: [{
        reason: "ResourceVersionTooLarge",
        message: "Too large resource version",
      }],
      retryAfterSeconds: 1,
    },
    { "Retry-After": "1" },
  );
}

/** 429, with Retry-After: nothing was done, and the same request may do later. */
export function tooManyRequests(why: string): StatusError {
  return new StatusError(
    429,
    "TooManyRequests",
    `Too many requests, please try again later: ${why}`,
    { retryAfterSeconds: 1 },
    { "Retry-After": "1" },
  );
}
