import type { Audit } from "../audit/audit.ts";
import { AuditTrail } from "../audit/trail.ts";
import type { Authentication } from "../authentication/mod.ts";
import { impersonate } from "../authentication/impersonation.ts";
import type { Authorizer } from "../authorization/mod.ts";
import { badRequest, forbidden, noSuchPath, StatusError } from "../errors.ts";
import type { Registry } from "../registry/registry.ts";
import type { Served } from "../registry/resources.ts";
import { requestInfo } from "../request/info.ts";
import { type RequestUrl, requestUrl } from "../request/url.ts";
import type {
  AuthorizationAttributes,
  Decision,
  RequestInfo,
  User,
} from "../types.ts";
import { type AnswerContext, answerResource } from "./answer_resource.ts";
import { headOf } from "./head_of.ts";
import type { InFlight } from "./in_flight.ts";
import type { Metrics } from "./metrics.ts";
import type { RequestTime } from "./request_time.ts";
import { respondError } from "./respond.ts";
import { takeRest } from "./take_rest.ts";
import { warningHeaders } from "./warnings.ts";

/** How much of its time a request may wait for a seat, as in kube-apiserver. */
const WAITING_PART = 1 / 4;

/** Verbs of requests for paths that are no resources. */
const PLAIN_VERBS = new Set(["get", "head", "post", "put", "patch", "delete"]);

const ANSWERED_TO_THE_END = /^\/(?:livez|readyz|healthz|metrics)(?:\/|$)/;

/** Answers paths that are no resources; undefined where there is none such. */
export type PathAnswer = (
  path: string,
  request: Request,
) => Response | undefined | Promise<Response | undefined>;

/** What the chain of a request is made of. */
export interface HandlerOptions extends AnswerContext {
  authentication: Authentication;
  authorizer: Authorizer;
  inFlight: InFlight;
  requestTime: RequestTime;
  metrics: Metrics;
  /** Whether the server is about to end and takes no more requests. */
  draining(): boolean;
  /** In order; the first that answers counts. */
  paths: PathAnswer[];
  audit?: Audit;
  /** Called with what ends in a 500. */
  onError(error: unknown, request: Request): void;
}

/** What `Deno.serve` tells of a connection. */
export interface Connection {
  remoteAddr: { hostname: string };
}

/** A request on its way. */
interface Exchange {
  info: RequestInfo;
  /** What it is for, once it was looked up. */
  served?: Served;
  /** Text of `Warning` headers. */
  warnings: string[];
  trail?: AuditTrail;
  /** Whether it goes to the network and nobody else reads it: an audit log may. */
  remote: boolean;
}

/** The way of a request: info → authentication → impersonation → a seat → authorization → answer. */
export function createHandler(
  options: HandlerOptions,
): (request: Request, connection?: Connection) => Promise<Response> {
  const { authentication, authorizer, inFlight, requestTime, metrics, audit } =
    options;

  async function answer(
    request: Request,
    url: RequestUrl,
    exchange: Exchange,
  ): Promise<Response> {
    const { info, warnings, trail } = exchange;
    const found = authentication.authenticate(
      request.headers,
      (text) => warnings.push(text),
    );
    const authenticated = found instanceof Promise ? await found : found;
    const user = impersonate(authenticated, request.headers, {
      authorize: (attributes) => authorizer.authorize(attributes),
    });
    const ms = info.verb === "watch"
      ? requestTime.timeoutMs
      : requestTime.of(url, request.url);
    if (trail) {
      const began = trail.begin({
        info,
        user: authenticated,
        impersonated: user === authenticated ? undefined : user,
      });
      // It reads the body.
      request = await requestTime.limit(began, ms);
    }
    const seats = inFlight.seatsOf(user, info);
    const wait = seats.take(user.name, ms * WAITING_PART);
    if (wait) await wait;
    try {
      const work = seated(request, url, { exchange, user });
      return await (info.verb === "watch" ? work : requestTime.limit(work, ms));
    } finally {
      // Also where the time is over and the work is not: over HTTP/2 the read of a body that never ends goes on.
      seats.release();
    }
  }

  function seated(
    request: Request,
    url: RequestUrl,
    { exchange, user }: { exchange: Exchange; user: User },
  ): Promise<Response> {
    const { info, warnings, trail, remote } = exchange;
    const decision = decide(authorizer, user, info);
    trail?.decided(decision);
    if (!decision.allowed) throw refused(info, decision.reason);
    if (info.isResource) {
      const served = exchange.served = options.registry.resources.get(info);
      return answerResource(options, {
        request,
        url,
        info,
        served,
        user,
        warn: (text) => warnings.push(text),
        remote,
      });
    }
    return answerPath(request, info);
  }

  async function answerPath(
    request: Request,
    info: RequestInfo,
  ): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      throw noSuchPath();
    }
    for (const path of options.paths) {
      const response = await path(info.path, request);
      if (response) return response;
    }
    throw noSuchPath();
  }

  return async (request, connection) => {
    const started = performance.now();
    const url = requestUrl(request.url);
    const warnings: string[] = [];
    const trail = audit && new AuditTrail(audit, {
      request,
      source: connection?.remoteAddr.hostname,
    });
    let exchange: Exchange | undefined;
    let response: Response;
    try {
      exchange = {
        info: readInfo(request, url),
        warnings,
        trail,
        remote: connection !== undefined && !trail,
      };
      if (options.draining()) refuseWhileDraining(exchange.info);
      response = await answer(request, url, exchange);
    } catch (error) {
      if (!(error instanceof StatusError)) options.onError(error, request);
      response = respondError(error);
      await takeRest(request);
    }
    for (const warning of warningHeaders(warnings)) {
      response.headers.append("warning", warning);
    }
    if (trail && exchange) {
      response = await trail.answered(response, exchange.info);
    }
    metrics.observe({
      ...seriesOf(exchange, options.registry),
      code: response.status,
      seconds: (performance.now() - started) / 1000,
    });
    return request.method === "HEAD" ? await headOf(response) : response;
  };
}

/** As kube-apiserver does; with a shorter wait, since it is one server that comes back. */
function refuseWhileDraining({ path }: RequestInfo): void {
  if (ANSWERED_TO_THE_END.test(path)) return;
  throw new StatusError(
    429,
    "TooManyRequests",
    "The apiserver is shutting down, please try again later.",
    { retryAfterSeconds: 1 },
    { "Retry-After": "1" },
  );
}

/** What is counted of a request. What anybody may make up is not kept for each: names of no resource, other methods. */
function seriesOf(
  exchange: Exchange | undefined,
  { resources }: Registry,
): { verb: string; group: string; resource: string } {
  if (!exchange) return { verb: "other", group: "", resource: "" };
  const { info, served } = exchange;
  if (!info.isResource && PLAIN_VERBS.has(info.verb)) {
    return { verb: info.verb, group: "", resource: "" };
  }
  // What was refused before was not looked up.
  if (!served && !resources.get(info)) {
    return { verb: "other", group: "", resource: "" };
  }
  const { verb, group, resource } = info;
  return { verb: verb || "other", group, resource };
}

function readInfo(request: Request, url: RequestUrl): RequestInfo {
  try {
    return requestInfo(request.method, url);
  } catch (error) {
    if (error instanceof URIError) {
      throw badRequest(`the path ${url.pathname} is not valid`);
    }
    throw error;
  }
}

function decide(
  authorizer: Authorizer,
  user: User,
  info: RequestInfo,
): Decision {
  const attributes: AuthorizationAttributes = info.isResource
    ? {
      user,
      verb: info.verb,
      group: info.group,
      version: info.version,
      resource: info.resource,
      subresource: info.subresource,
      namespace: info.namespace,
      name: info.name,
    }
    : { user, verb: info.verb, path: info.path };
  return authorizer.authorize(attributes);
}

function refused(info: RequestInfo, reason: string): StatusError {
  return info.isResource
    ? forbidden(info, info.name, reason)
    : new StatusError(403, "Forbidden", `forbidden: ${reason}`, {});
}
