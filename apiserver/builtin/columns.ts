/**
 * Printer columns as kube-apiserver prints them.
 *
 * @module
 */
import type { Column, KubeObject } from "../types.ts";
import type { ColumnContext } from "./define.ts";

/** Name, the first column of nearly every kind. */
export const NAME: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  value: (object) => object.metadata.name,
};

const CREATED =
  "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

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
  value: (object) => object.metadata.creationTimestamp,
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

/** A duration in milliseconds with two significant units at most (apimachinery `duration.HumanDuration`). */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return two(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return two(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return two(days, "d", hours % 24, "h");
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (days < 2920) return two(years, "y", days % 365, "d");
  return `${years}y`;
}

function two(a: number, unit: string, b: number, small: string): string {
  return b === 0 ? `${a}${unit}` : `${a}${unit}${b}${small}`;
}
