import { readBody } from "../server/read_body.ts";
import type { JsonObject, RequestInfo, User } from "../types.ts";
import { LEVELS, type Policy, type Stage, verdictOf } from "./policy.ts";

/** What {@linkcode createAudit} needs. */
export interface AuditOptions {
  policy: Policy;
  /** Takes one event, a line of JSON. */
  write(line: string): void;
  now: () => Date;
}

/** A request as it comes in. */
export interface AuditedRequest {
  request: Request;
  info: RequestInfo;
  /** Who sent it; absent where that is not known. */
  user?: User;
  /** Whom they act as, where that is somebody else. */
  impersonated?: User;
  /** Address of the client. */
  source?: string;
}

/** What is noted of one request. */
export interface AuditRecord {
  /** Value of the answer's header `Audit-Id`. */
  readonly id: string;
  /** The request to go on with: where its body is noted it has been read. */
  readonly request: Request;
  /** Notes the authorizer's decision. */
  decided(decision: { allowed: boolean; reason: string }): void;
  /** Notes the answer, and returns what to answer with. */
  answered(response: Response): Promise<Response>;
}

/** Writes what happens at an API server. */
export interface Audit {
  begin(of: AuditedRequest): Promise<AuditRecord | undefined>;
}

/** Writes events of `audit.k8s.io/v1`, by a policy. */
export function createAudit({ policy, write, now }: AuditOptions): Audit {
  return {
    async begin(of) {
      const { info, user, impersonated, source } = of;
      const verdict = verdictOf(policy, { user, info });
      if (verdict.level === "None") return undefined;
      const atLeast = (level: typeof verdict.level) =>
        LEVELS.indexOf(verdict.level) >= LEVELS.indexOf(level);
      const id = crypto.randomUUID();
      const url = new URL(of.request.url);
      const annotations: Record<string, string> = {};
      const received = timestamp(now());
      let request = of.request;
      let requestObject: JsonObject | undefined;
      // Of a stranger it is never read: the answer is there already, and no time limit ends a body that does not.
      const known = user !== undefined;
      if (known && info.isResource && request.body && atLeast("Request")) {
        const body = await readBody(request);
        requestObject = jsonOf(body, request.headers, verdict);
        request = new Request(request, { body: body as BufferSource });
      }
      const emit = (stage: Stage, more: JsonObject = {}) => {
        if (verdict.omitStages.has(stage)) return;
        write(JSON.stringify({
          kind: "Event",
          apiVersion: "audit.k8s.io/v1",
          level: verdict.level,
          auditID: id,
          stage,
          requestURI: url.pathname + url.search,
          verb: info.verb,
          user: userOf(user),
          ...(impersonated ? { impersonatedUser: userOf(impersonated) } : {}),
          ...(source ? { sourceIPs: [source] } : {}),
          userAgent: request.headers.get("user-agent") ?? undefined,
          objectRef: info.isResource ? objectRef(info) : undefined,
          ...more,
          ...(requestObject ? { requestObject } : {}),
          requestReceivedTimestamp: received,
          stageTimestamp: timestamp(now()),
          annotations,
        }));
      };
      emit("RequestReceived");
      return {
        id,
        request,
        decided({ allowed, reason }) {
          annotations["authorization.k8s.io/decision"] = allowed
            ? "allow"
            : "forbid";
          annotations["authorization.k8s.io/reason"] = reason;
        },
        async answered(response) {
          if (info.verb === "watch" && response.ok && response.body) {
            emit("ResponseStarted", statusOf(response));
            return onEnd(
              response,
              () => emit("ResponseComplete", statusOf(response)),
            );
          }
          const failed = response.status >= 400;
          const whole = info.isResource && atLeast("RequestResponse");
          if (!failed && !whole) {
            emit("ResponseComplete", statusOf(response));
            return response;
          }
          const { status, headers } = response;
          const body = await response.bytes();
          const responseObject = jsonOf(body, headers, verdict);
          emit("ResponseComplete", {
            ...statusOf(response, failed ? responseObject : undefined),
            ...(whole && responseObject ? { responseObject } : {}),
          });
          return new Response(body, { status, headers });
        },
      };
    },
  };
}

function userOf(user: User | undefined): JsonObject {
  if (!user) return {};
  const { name, uid, groups, extra } = user;
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups,
    ...(extra && Object.keys(extra).length ? { extra } : {}),
  };
}

function objectRef(info: RequestInfo): JsonObject {
  const { resource, namespace, name, group, version, subresource } = info;
  return {
    resource,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(group ? { apiGroup: group } : {}),
    apiVersion: version,
    ...(subresource ? { subresource } : {}),
  };
}

/** Of an answer that failed, what its Status says. */
function statusOf(response: Response, status?: JsonObject): JsonObject {
  const { message, reason, details } = status ?? {};
  return {
    responseStatus: {
      metadata: {},
      ...(status ? { status: "Failure" } : {}),
      ...(message ? { message } : {}),
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code: response.status,
    },
  };
}

function jsonOf(
  body: Uint8Array,
  headers: Headers,
  { omitManagedFields }: { omitManagedFields: boolean },
): JsonObject | undefined {
  if (!headers.get("content-type")?.includes("json")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined; // malformed: the answer says so
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (omitManagedFields) {
    const { items } = value as { items?: unknown };
    for (const object of [value, ...Array.isArray(items) ? items : []]) {
      delete object?.metadata?.managedFields;
    }
  }
  return value as JsonObject;
}

/** The response, telling when its body has been sent or given up. */
function onEnd(response: Response, ended: () => void): Response {
  const reader = response.body!.getReader();
  let done = false;
  const end = () => {
    if (!done) ended();
    done = true;
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader.read();
        if (!part.done) return controller.enqueue(part.value);
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      end();
    },
    async cancel(reason) {
      end();
      await reader.cancel(reason);
    },
  });
  const { status, headers } = response;
  return new Response(body, { status, headers });
}

/** RFC 3339 with microseconds, as Kubernetes' MicroTime. */
function timestamp(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}
