import { badRequest, invalid, notFound, type StatusError } from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import { invalidValue } from "../schema/field_error.ts";
import { compileGoDecode } from "../schema/go_decode.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import { toTable } from "../table/mod.ts";
import type {
  Column,
  Json,
  JsonObject,
  KubeObject,
  ScaleDefinition,
  Schema,
} from "../types.ts";
import { jsonPatch, mergePatch } from "../patch/mod.ts";
import type { Shape } from "./forms.ts";
import { objectOf } from "./present.ts";
import {
  type Body,
  keyOf,
  nameOf,
  type Registry,
  type ResourceRequest,
} from "./registry.ts";
import { change, checkIdentity } from "./update.ts";
import type { PatchType } from "./patch.ts";

function at(object: unknown, path: string): Json | undefined {
  let value = object;
  for (const part of path.split(".").filter(Boolean)) {
    if (!value || typeof value !== "object") return undefined;
    value = (value as JsonObject)[part];
  }
  return value as Json | undefined;
}

function set(object: KubeObject, path: string, value: Json) {
  const parts = path.split(".").filter(Boolean);
  let target = object as unknown as JsonObject;
  for (const part of parts.slice(0, -1)) {
    const next = target[part] ??= {};
    if (typeof next !== "object" || Array.isArray(next)) {
      throw badRequest(
        `cannot set ${path} of ${object.kind} ${object.metadata.name}: ${part} is no object`,
      );
    }
    target = next as JsonObject;
  }
  target[parts[parts.length - 1]!] = value;
}

/** The autoscaling/v1 Scale of an object. */
export function scaleOf(
  object: KubeObject,
  definition: ScaleDefinition,
): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } =
    object.metadata;
  const selector = definition.selector?.(object) ??
    (definition.labelSelectorPath && at(object, definition.labelSelectorPath));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: at(object, definition.specReplicasPath) ?? 0 },
    status: {
      replicas: at(object, definition.statusReplicasPath) ?? 0,
      ...(selector ? { selector } : {}),
    },
  };
}

/** Answers GET of `/scale`. */
export function getScale(
  { store }: Registry,
  request: ResourceRequest,
): JsonObject {
  const entry = store.get(keyOf(request));
  if (!entry) throw notFound(nameOf(request.served), request.info.name);
  const object = objectOf(request.served, entry);
  const { custom, subresources } = request.served.definition;
  const path = subresources.scale!.specReplicasPath;
  if (custom && at(object, path) === undefined) {
    // kube-apiserver calls it an error of its own, a 500.
    throw badRequest(
      `the spec replicas field ${JSON.stringify(path)} does not exist`,
    );
  }
  return scaleOf(object, subresources.scale!);
}

const SCALE_COLUMNS: Column[] = [
  { name: "Desired", type: "integer", jsonPath: ".spec.replicas" },
  { name: "Available", type: "integer", jsonPath: ".status.replicas" },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
];

/** A Scale as a table. */
export function scaleTable(
  scale: JsonObject,
  { includeObject, now, version }: Shape,
): JsonObject {
  const object = scale as unknown as KubeObject;
  return toTable({ columns: SCALE_COLUMNS }, [object], {
    includeObject,
    now,
    version,
    listMeta: { resourceVersion: object.metadata.resourceVersion },
  });
}

/** What is read of a Scale. */
interface Scale {
  metadata?: { name?: string; namespace?: string; resourceVersion?: string };
  spec?: { replicas?: number };
}

const count: Schema = { type: "integer", format: "int32" };
const wrongOf = compileGoDecode({
  type: "object",
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: objectMetaSchema,
    spec: { type: "object", properties: { replicas: count } },
    status: {
      type: "object",
      properties: { replicas: count, selector: { type: "string" } },
    },
  },
}, { kind: "Scale" });

/** @throws {StatusError} 400, or 422 for what a patch left, where it is no Scale. */
function readScale(value: Json, patched: boolean): Scale {
  const { apiVersion = "autoscaling/v1", kind = "Scale" } = (value ??
    {}) as JsonObject;
  const why = wrongOf(value) ??
    (apiVersion !== "autoscaling/v1" || kind !== "Scale"
      ? `it is a ${kind} of ${apiVersion}, not a Scale of autoscaling/v1`
      : undefined);
  if (why === undefined) return value as Scale;
  throw patched
    ? invalid({ group: "", kind: "" }, "", [
      invalidValue("patch", JSON.stringify(value), why),
    ])
    : badRequest(
      `Scale in version "v1" cannot be handled as a Scale: ${why}`,
    );
}

function negative(
  { served: { definition }, info }: ResourceRequest,
  replicas: number,
): StatusError {
  if (!definition.custom) {
    return invalid({ group: "autoscaling", kind: "Scale" }, info.name, [
      invalidValue(
        "spec.replicas",
        replicas,
        "must be greater than or equal to 0",
      ),
    ]);
  }
  const { specReplicasPath } = definition.subresources.scale!;
  return invalid(definition, info.name, [
    invalidValue(
      specReplicasPath,
      replicas,
      "should be a non-negative integer",
    ),
  ]);
}

/** Answers PUT and PATCH of `/scale`: changes the replicas of the object. */
export async function changeScale(
  registry: Registry,
  request: ResourceRequest,
  { body, patch }: { body: Body; patch?: PatchType },
): Promise<JsonObject> {
  const definition = request.served.definition.subresources.scale!;
  const object = await change(registry, request, (old) => {
    const live = scaleOf(old, definition);
    let wanted: Json = body.value;
    if (patch === "application/json-patch+json") {
      wanted = jsonPatch(live, body.value as Json);
    } else if (patch) wanted = mergePatch(live, body.value as Json);
    const { spec, metadata } = readScale(wanted, patch !== undefined);
    const sent = { metadata: { ...metadata, uid: "" } };
    checkIdentity(sent as KubeObject, old, request);
    const replicas = spec?.replicas ?? 0;
    if (replicas < 0) throw negative(request, replicas);
    const next = cloneJson(old);
    set(next, definition.specReplicasPath, replicas);
    return next;
  });
  return scaleOf(object, definition);
}
