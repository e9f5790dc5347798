/**
 * The forms in which objects are answered: themselves, PartialObjectMetadata, Table.
 *
 * @module
 */
import type { Form } from "../request/negotiation.ts";
import { StatusError } from "../errors.ts";
import { toTable } from "../table/mod.ts";
import type { JsonObject, KubeObject } from "../types.ts";
import type { Served } from "./resources.ts";

/** A form with what its making depends on. */
export interface Shape extends Form {
  /** Table only: how much of each object its row carries. */
  includeObject: "None" | "Metadata" | "Object";
  now: Date;
  /** Table only: whether it has `columnDefinitions`. @default {true} */
  namesColumns?: boolean;
}

/** Names a shape, for sharing what was encoded. */
export function shapeKey(
  { as, version, includeObject, mediaType }: Shape,
): string {
  const form = as ? `${as}.${version ?? "v1"}` : "";
  return `${mediaType}|${form}|${as === "Table" ? includeObject : ""}`;
}

/** `PartialObjectMetadata` of an object. */
export function partialMetadata(
  { metadata }: KubeObject,
  { version = "v1" }: Pick<Form, "version"> = {},
): JsonObject {
  return {
    kind: "PartialObjectMetadata",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: metadata as unknown as JsonObject,
  };
}

/**
 * One object in a shape.
 *
 * @throws 406 where the shape is one of lists.
 */
export function shapeObject(
  served: Served,
  object: KubeObject,
  shape: Shape,
): JsonObject {
  switch (shape.as) {
    case undefined:
      return object as unknown as JsonObject;
    case "PartialObjectMetadata":
      return partialMetadata(object, shape);
    case "Table":
      return toTable(served.definition, [object], {
        includeObject: shape.includeObject,
        version: shape.version,
        now: shape.now,
        namesColumns: shape.namesColumns,
        listMeta: { resourceVersion: object.metadata.resourceVersion },
      });
    default:
      throw notAcceptable(shape.as);
  }
}

/**
 * A list in a shape other than its own.
 *
 * @throws 406 where the shape is one of single objects.
 */
export function shapeList(
  served: Served,
  objects: KubeObject[],
  { shape, metadata }: { shape: Shape; metadata: JsonObject },
): JsonObject {
  switch (shape.as) {
    case undefined:
      return {
        apiVersion: served.apiVersion,
        kind: served.definition.listKind,
        metadata,
        items: objects as unknown as JsonObject[],
      };
    case "PartialObjectMetadataList":
      return {
        kind: "PartialObjectMetadataList",
        apiVersion: `meta.k8s.io/${shape.version ?? "v1"}`,
        metadata,
        items: objects.map((object) => partialMetadata(object, shape)),
      };
    case "Table":
      return toTable(served.definition, objects, {
        includeObject: shape.includeObject,
        version: shape.version,
        now: shape.now,
        listMeta: metadata,
      });
    default:
      throw notAcceptable(shape.as);
  }
}

/** @throws 406 where the shape is not one of single objects. */
export function requireObjectShape({ as }: Shape): void {
  if (as === undefined || as === "PartialObjectMetadata" || as === "Table") {
    return;
  }
  throw notAcceptable(as);
}

function notAcceptable(as: string): StatusError {
  return new StatusError(
    406,
    "NotAcceptable",
    `the object cannot be answered as ${as}`,
  );
}
