import {
  badRequest,
  methodNotAllowed,
  noSuchResource,
  notFound,
} from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { compileGoDecode, type GoDecode } from "../schema/go_decode.ts";
import type {
  JsonObject,
  KubeObject,
  Schema,
  SubresourceHandler,
} from "../types.ts";
import { jsonPatch, mergePatch } from "../patch/mod.ts";
import { objectOf } from "./present.ts";
import type { PatchType } from "./patch.ts";
import {
  type Body,
  keyOf,
  nameOf,
  type Registry,
  type ResourceRequest,
  strategyContext,
} from "./registry.ts";
import { change } from "./update.ts";

/** Answers a request to a subresource that a strategy handles (`token`, `finalize`). */
export async function handleSubresource(
  registry: Registry,
  request: ResourceRequest,
  { body, patch }: { body?: Body; patch?: PatchType } = {},
): Promise<KubeObject> {
  const { served, info } = request;
  const handler = served.definition.strategy?.subresources
    ?.[info.subresource];
  if (!handler) {
    throw served.definition.custom
      ? notFound(nameOf(served), info.name)
      : noSuchResource();
  }
  if (!handler.verbs.includes(info.verb)) {
    throw methodNotAllowed(nameOf(served), info.verb);
  }
  const context = strategyContext(registry, request);
  if (handler.stores && info.verb !== "get") {
    return await change(registry, request, async (old) => {
      const wanted = { body: bodyOf(handler, request, body), patch };
      return await handler.handle(
        info.verb,
        cloneJson(old),
        patchedBody(old, wanted),
        context,
      );
    });
  }
  const object = body && bodyOf(handler, request, body);
  if (object) handler.check?.(object, info);
  const entry = registry.store.get(keyOf(request));
  if (!entry) throw notFound(nameOf(served), info.name);
  return await handler.handle(
    info.verb,
    objectOf(served, entry),
    object,
    context,
  );
}

/** The body as the handler's kind; kind and apiVersion may be left out. */
function bodyOf(
  handler: SubresourceHandler,
  { served }: ResourceRequest,
  body: Body | undefined,
): KubeObject {
  const group = handler.group ?? served.definition.group;
  const version = handler.version ?? served.definition.version;
  const object = {
    apiVersion: group ? `${group}/${version}` : version,
    kind: handler.kind,
    ...body?.value,
  };
  checkTypes(object, handler);
  return object as KubeObject;
}

const compiled = new WeakMap<Schema, GoDecode>();

function checkTypes(object: JsonObject, { kind, schema }: SubresourceHandler) {
  if (!schema) return;
  let check = compiled.get(schema);
  if (!check) compiled.set(schema, check = compileGoDecode(schema, { kind }));
  const wrong = check(object);
  if (wrong !== undefined) {
    throw badRequest(
      `${kind} in version "v1" cannot be handled as a ${kind}: ${wrong}`,
    );
  }
}

function patchedBody(
  old: KubeObject,
  { body, patch }: { body: KubeObject; patch?: PatchType },
): KubeObject {
  if (!patch) return body;
  const { apiVersion: _, kind: __, ...changes } = body;
  const result = patch === "application/json-patch+json"
    ? jsonPatch(cloneJson(old) as never, body as never)
    : mergePatch(cloneJson(old) as never, changes as never);
  return result as unknown as KubeObject;
}
