import {
  badRequest,
  methodNotAllowed,
  noSuchPath,
  noSuchResource,
  notFound,
  StatusError,
  tooLargeResourceVersion,
} from "../errors.ts";
import { create } from "../registry/create.ts";
import {
  answersDeleted,
  deletedStatus,
  deleteObject,
} from "../registry/delete.ts";
import { deleteCollection } from "../registry/delete_collection.ts";
import { type Shape, shapeList, shapeObject } from "../registry/forms.ts";
import { type List, list } from "../registry/list.ts";
import { patch, type PatchType, patchTypeOf } from "../registry/patch.ts";
import { bytesOf, objectOf } from "../registry/present.ts";
import {
  type Body,
  keyOf,
  nameOf,
  type Registry,
  type ResourceRequest,
} from "../registry/registry.ts";
import type { Served } from "../registry/resources.ts";
import { changeScale, getScale, scaleTable } from "../registry/scale.ts";
import { handleSubresource } from "../registry/subresource.ts";
import { update } from "../registry/update.ts";
import { watch } from "../registry/watch.ts";
import { decodeBody } from "../request/decode.ts";
import { deleteOptions } from "../request/delete_options.ts";
import { isTrue } from "../request/info.ts";
import { listOptions, readResourceVersion } from "../request/list_options.ts";
import { negotiate } from "../request/negotiation.ts";
import { decodeProtobuf, PROTOBUF } from "../request/protobuf/decode.ts";
import type { RequestUrl } from "../request/url.ts";
import { writeOptions } from "../request/write_options.ts";
import type { JsonObject, KubeObject, RequestInfo, User } from "../types.ts";
import { contentTypeOf, unsupportedMediaType } from "./content_type.ts";
import { readBody } from "./read_body.ts";
import { respond, respondBytes, respondEncodedList } from "./respond.ts";
import { watchTimeout } from "./watch_timeout.ts";
import type { Watchers } from "./watchers.ts";

/** Of others, and of other verbs than GET in the old form of watches, kube-apiserver has no route. */
const METHODS = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** Verbs of one object; those of LISTED may name one by a field selector. */
const NAMED = new Set(["get", "update", "patch", "delete"]);
const LISTED = new Set(["list", "watch"]);

/** The options of writes, by verb. */
const OPTIONS_KINDS: Record<string, string> = {
  create: "CreateOptions",
  update: "UpdateOptions",
  patch: "PatchOptions",
  delete: "DeleteOptions",
  deletecollection: "DeleteOptions",
};

function noSuchMethod(): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

/** What answers need. */
export interface AnswerContext {
  registry: Registry;
  watchers: Watchers;
}

/** An authorized request for a resource. */
export interface AuthorizedRequest {
  request: Request;
  url: RequestUrl;
  info: RequestInfo;
  /** What it is for; undefined where that is not served. */
  served: Served | undefined;
  user: User;
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
  /** Whether the answer goes to the network and nobody else reads it. */
  remote: boolean;
}

/** Everything one answer is made of. */
interface Exchange extends ResourceRequest {
  context: AnswerContext;
  http: Request;
  remote: boolean;
  query: URLSearchParams;
  shape: Shape;
}

/** Answers a request for a resource. What is wrong with it throws at once, or rejects. */
export function answerResource(
  context: AnswerContext,
  { request, url, info, served, user, warn, remote }: AuthorizedRequest,
): Promise<Response> {
  if (!served) {
    throw context.registry.resources.hasBuiltIn(info.group)
      ? noSuchResource()
      : noSuchPath();
  }
  const { method } = request;
  if (!METHODS.has(method) || (info.verb === "watch" && method !== "GET")) {
    throw noSuchMethod();
  }
  const { definition } = served;
  if (definition.deprecation) warn(definition.deprecation);
  const query = url.searchParams;
  if (info.name && definition.namespaced && !info.namespace) {
    if (info.verb !== "list" && info.verb !== "watch") {
      throw definition.custom ? noSuchPath() : noSuchResource();
    }
  }
  const exchange: Exchange = {
    context,
    served,
    info,
    options: writeOptions(query, {
      user,
      userAgent: request.headers.get("user-agent"),
      optionsKind: OPTIONS_KINDS[info.verb] ?? "GetOptions",
      warn,
    }),
    http: request,
    remote,
    query,
    shape: shapeOf(request, query, {
      now: context.registry.now(),
      transforms: !definition.strategy?.answer,
    }),
  };
  if (info.subresource) return answerSubresource(exchange);
  if (NAMED.has(info.verb) !== (info.name !== "") && !LISTED.has(info.verb)) {
    throw noSuchMethod();
  }
  if (!definition.verbs.includes(info.verb)) {
    throw methodNotAllowed(nameOf(served), info.verb);
  }
  if (
    (info.verb === "create" || info.verb === "deletecollection") &&
    definition.namespaced && !info.namespace
  ) {
    // Only lists and watches go over all namespaces.
    throw noSuchMethod();
  }
  return answerObject(exchange);
}

function shapeOf(
  request: Request,
  query: URLSearchParams,
  { now, transforms }: { now: Date; transforms: boolean },
): Shape {
  const pretty = query.has("pretty") && isTrue(query.get("pretty"));
  const include = query.get("includeObject") || "Metadata";
  if (include !== "None" && include !== "Metadata" && include !== "Object") {
    throw badRequest(
      `includeObject: Invalid value: "${include}": must be None, Metadata or Object`,
    );
  }
  return {
    ...negotiate(request.headers.get("accept"), { pretty, transforms }),
    includeObject: include,
    now,
  };
}

async function answerObject(exchange: Exchange): Promise<Response> {
  const { context: { registry }, info, query } = exchange;
  switch (info.verb) {
    case "get":
      return getObject(exchange);
    case "list":
      return respondList(
        exchange,
        list(registry, exchange, listOptions(query, false)),
      );
    case "watch":
      return respondWatch(exchange);
    case "create": {
      const object = await create(registry, exchange, await body(exchange));
      return respondObject(exchange, object, 201);
    }
    case "update": {
      const written = await update(registry, exchange, await body(exchange));
      return respondObject(
        exchange,
        written.object,
        written.created ? 201 : 200,
      );
    }
    case "patch": {
      const written = await patch(registry, exchange, await patchOf(exchange));
      return respondObject(
        exchange,
        written.object,
        written.created ? 201 : 200,
      );
    }
    case "delete": {
      const options = deleteOptions(query, await optionalBody(exchange));
      const { object, gone } = await deleteObject(registry, exchange, options);
      if (gone && !answersDeleted(exchange)) {
        return respond(deletedStatus(exchange, object), {
          form: exchange.shape,
        });
      }
      const waits = !gone && options.cascades;
      return respondObject(exchange, object, waits ? 202 : 200);
    }
    case "deletecollection":
      return respondList(
        exchange,
        await deleteCollection(registry, exchange, {
          options: listOptions(query, false),
          deletion: deleteOptions(query, await optionalBody(exchange)),
        }),
      );
    default:
      throw methodNotAllowed(nameOf(exchange.served), info.verb);
  }
}

async function answerSubresource(exchange: Exchange): Promise<Response> {
  const { context: { registry }, served, info } = exchange;
  const { subresources } = served.definition;
  if (!info.name || info.verb === "watch") {
    throw served.definition.custom ? noSuchPath() : noSuchResource();
  }
  const isPatch = info.verb === "patch";
  if (info.subresource === "status" && subresources.status) {
    if (info.verb === "get") return getObject(exchange);
    if (info.verb !== "update" && !isPatch) {
      throw methodNotAllowed(nameOf(served), info.verb);
    }
    const { object } = isPatch
      ? await patch(registry, exchange, await patchOf(exchange))
      : await update(registry, exchange, await body(exchange));
    return respondObject(exchange, object, 200);
  }
  if (info.subresource === "scale" && subresources.scale) {
    if (info.verb === "get") {
      const scale = getScale(registry, exchange);
      const { shape } = exchange;
      return respond(
        shape.as === "Table" ? scaleTable(scale, shape) : scale,
        { form: shape },
      );
    }
    if (info.verb !== "update" && !isPatch) {
      throw methodNotAllowed(nameOf(served), info.verb);
    }
    const scale = await changeScale(registry, exchange, await change(exchange));
    return respond(scale, { form: exchange.shape });
  }
  const object = await handleSubresource(
    registry,
    exchange,
    info.verb === "get" ? {} : await change(exchange),
  );
  return respondObject(exchange, object, info.verb === "create" ? 201 : 200);
}

function getObject(exchange: Exchange): Response {
  const { context: { registry }, served, info, shape, query } = exchange;
  const wanted = readResourceVersion(query.get("resourceVersion")) ?? 0;
  if (wanted > registry.store.resourceVersion) {
    throw tooLargeResourceVersion(wanted, registry.store.resourceVersion);
  }
  const entry = registry.store.get(keyOf(exchange));
  if (!entry) throw notFound(nameOf(served), info.name);
  return shape.as === undefined
    ? respondBytes(bytesOf(served, entry), { form: shape })
    : respondObject(exchange, objectOf(served, entry), 200);
}

function respondObject(
  exchange: Exchange,
  object: KubeObject,
  status: number,
): Response {
  const { context, served, shape } = exchange;
  if (shape.as === undefined) {
    // What was just written is encoded already.
    const name = object.metadata?.name ?? "";
    const entry = context.registry.store.get(keyOf(exchange, name));
    if (entry?.holds(object)) {
      return respondBytes(entry.bytes, { status, form: shape });
    }
  }
  // A subresource answers its own kind, of which there is no table.
  const own = object.kind !== served.definition.kind;
  return respond(
    own && shape.as
      ? object as unknown as JsonObject
      : shapeObject(served, object, shape),
    { status, form: shape },
  );
}

function respondList(
  { served, shape, remote }: Exchange,
  { entries, metadata }: List,
): Response {
  if (shape.as === undefined) {
    return respondEncodedList({
      apiVersion: served.apiVersion,
      kind: served.definition.listKind,
      metadata,
      items: entries.map((entry) => bytesOf(served, entry)),
    }, { form: shape, release: remote });
  }
  const objects = entries.map((entry) => objectOf(served, entry));
  return respond(shapeList(served, objects, { shape, metadata }), {
    form: shape,
  });
}

function respondWatch(exchange: Exchange): Response {
  const { context, query, shape } = exchange;
  if (shape.mediaType !== "application/json") {
    throw new StatusError(
      406,
      "NotAcceptable",
      "only the following media types are accepted: application/json, application/json;stream=watch",
    );
  }
  const options = listOptions(query, true);
  const timeoutMs = watchTimeout(options.timeoutSeconds);
  const stream = context.watchers.stream(
    (sink) =>
      watch(context.registry, exchange, {
        options,
        shape,
        sink,
      }),
    { timeoutMs, user: exchange.options.user },
  );
  return new Response(stream, {
    headers: {
      "content-type": "application/json",
      "cache-control": "no-cache, private",
    },
  });
}

async function body({ http, served }: Exchange): Promise<Body> {
  const { kind } = served.definition;
  return decode(await readBody(http), contentTypeOf(http), kind);
}

function decode(
  bytes: Uint8Array,
  type: string,
  kind: string,
): Body | Promise<Body> {
  if (type !== PROTOBUF) return decodeBody(bytes, type, { kind });
  const value = decodeProtobuf(bytes);
  if (!value) throw unsupportedMediaType();
  return { value, duplicates: [] };
}

async function optionalBody(
  { http }: Exchange,
): Promise<JsonObject | undefined> {
  const bytes = await readBody(http);
  if (bytes.length === 0) return undefined;
  return (await decode(bytes, contentTypeOf(http), "DeleteOptions")).value;
}

/** The body of a PUT, POST or PATCH of a subresource, with the type of the patch. */
async function change(
  exchange: Exchange,
): Promise<{ body: Body; patch?: PatchType }> {
  if (exchange.info.verb !== "patch") return { body: await body(exchange) };
  const contentType = exchange.http.headers.get("content-type");
  const type = patchTypeOf(contentType, exchange);
  const bytes = await readBody(exchange.http);
  return { body: await decodeBody(bytes, "application/json"), patch: type };
}

async function patchOf(exchange: Exchange) {
  const { http, query } = exchange;
  const type = patchTypeOf(http.headers.get("content-type"), exchange);
  if (type === "application/apply-patch+yaml" && !query.get("fieldManager")) {
    throw new StatusError(
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      {
        group: "meta.k8s.io",
        kind: "PatchOptions",
        causes: [{
          reason: "FieldValueRequired",
          message: "Required value: is required for apply patch",
          field: "fieldManager",
        }],
      },
    );
  }
  const decoded = await decodeBody(
    await readBody(http),
    type === "application/apply-patch+yaml"
      ? "application/yaml"
      : "application/json",
  );
  return {
    type,
    body: decoded,
    force: query.has("force") && isTrue(query.get("force")),
  };
}
