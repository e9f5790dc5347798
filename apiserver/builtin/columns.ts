/**
 * Printer columns as kube-apiserver prints them.
 *
 * @module
 */
import { objectMetaSchema } from "../schema/object_meta.ts";
import { humanDuration } from "../table/human_duration.ts";
import type { Column, KubeObject } from "../types.ts";
import type { ColumnContext } from "./define.ts";

/** Name, the first column of nearly every kind. */
export const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: objectMetaSchema.properties?.name?.description,
  // A bookmark has none.
  value: (object) => object.metadata.name ?? "",
};

const CREATED = objectMetaSchema.properties?.creationTimestamp?.description;

/** How long the object has existed: `5m`. */
export function age({ now }: ColumnContext): Column {
  return {
    name: "Age",
    type: "string",
    description: CREATED,
    value: (object) => since(object.metadata.creationTimestamp, now()),
  };
}

/** The time of creation itself, which Roles show. */
export const CREATED_AT: Column = {
  name: "Created At",
  type: "date",
  description: CREATED,
  value: (object) =>
    object.metadata.creationTimestamp ?? "0001-01-01T00:00:00Z",
};

/** A column of text; `wide` shows it with `-o wide` only. */
export function text(
  name: string,
  value: (object: KubeObject) => string | number,
  options: { wide?: boolean; description?: string } = {},
): Column {
  return {
    name,
    type: "string",
    description: options.description ?? "",
    priority: options.wide ? 1 : 0,
    value,
  };
}

/** Time since `timestamp`, or `<unknown>`. */
export function since(timestamp: string | undefined | null, now: Date): string {
  if (!timestamp) return "<unknown>";
  return humanDuration(now.getTime() - Date.parse(timestamp));
}
