/**
 * The common parts of built-in resources.
 *
 * @module
 */
import type { Authentication } from "../authentication/mod.ts";
import type { Authorizer } from "../authorization/mod.ts";
import type { Column, ResourceDefinition } from "../types.ts";
import { kindSchema } from "./schemas.ts";
import { zeroValue } from "./zero_value.ts";

/** What the strategies of built-in kinds work with. */
export interface BuiltinDeps {
  authorizer: Authorizer;
  authentication: Authentication;
  /** The clock of the Age columns. */
  now?: () => Date;
}

/** How columns get at the time. */
export interface ColumnContext {
  now: () => Date;
}

const STORED_VERBS = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];

/** A stored resource of version v1 from what makes it special. */
export function define(
  options:
    & Pick<ResourceDefinition, "group" | "resource" | "kind">
    & { singular?: string; schema: string; columns: Column[] }
    & Partial<Omit<ResourceDefinition, "schema" | "columns">>,
): ResourceDefinition {
  const { schema, ...rest } = options;
  return {
    version: "v1",
    singular: options.kind.toLowerCase(),
    listKind: `${options.kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    storageVersion: "v1",
    verbs: STORED_VERBS,
    subresources: {},
    custom: false,
    generation: false,
    zero: zeroValue(options),
    ...rest,
    schema: kindSchema(schema),
  };
}

/** A resource that only answers creates (reviews). */
export function defineReview(
  options:
    & Pick<ResourceDefinition, "group" | "resource" | "kind" | "strategy">
    & { namespaced?: boolean; schema: string },
): ResourceDefinition {
  return define({
    namespaced: false,
    columns: [],
    verbs: ["create"],
    ...options,
  });
}
