import { canonicalJson } from "../schema/field_error.ts";
import { objectMetaSchema } from "../schema/object_meta.ts";
import type {
  Column,
  Json,
  JsonObject,
  KubeObject,
  ResourceDefinition,
} from "../types.ts";
import { humanDuration } from "./human_duration.ts";
import { jsonPath } from "./json_path.ts";

/** Options of `toTable`. */
export interface ToTableOptions {
  /** How much of each object its row carries. */
  includeObject: "None" | "Metadata" | "Object";
  now: Date;
  /** Of meta.k8s.io. @default {"v1"} */
  version?: string;
  /** `resourceVersion`, `continue` and `remainingItemCount` of the list. */
  listMeta?: JsonObject;
  /** Whether there are `columnDefinitions`: events of a watch after its first have null. @default {true} */
  namesColumns?: boolean;
}

const nameColumn: Column = {
  name: "Name",
  type: "string",
  format: "name",
  description: objectMetaSchema.properties!.name!.description,
  value: (object) => object.metadata.name ?? "",
};

const ageColumn: Column = {
  name: "Age",
  type: "date",
  description: objectMetaSchema.properties!.creationTimestamp!.description,
  jsonPath: ".metadata.creationTimestamp",
};

const cache = new WeakMap<Column[], Column[]>();

/** The columns of a resource: its name comes first; without columns of its own there is the age. */
function columnsOf({ columns }: Pick<ResourceDefinition, "columns">): Column[] {
  if (!columns?.length) return [nameColumn, ageColumn];
  let all = cache.get(columns);
  if (!all) {
    // A kind whose first column is computed says itself what stands first.
    all = columns[0]!.value ? columns : [nameColumn, ...columns];
    cache.set(columns, all);
  }
  return all;
}

/** The `Table` (meta.k8s.io/v1) of objects, as kubectl prints them. */
export function toTable(
  definition: Pick<ResourceDefinition, "columns">,
  objects: KubeObject[],
  {
    includeObject,
    now,
    version = "v1",
    listMeta = {},
    namesColumns = true,
  }: ToTableOptions,
): JsonObject {
  const columns = columnsOf(definition);
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta,
    columnDefinitions: namesColumns ? columns.map(described) : null,
    rows: objects.map((object): JsonObject => ({
      cells: columns.map((column) => cell(column, object, now)),
      ...objectOf(object, { includeObject, version }),
    })),
  };
}

function described(column: Column): JsonObject {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? "",
    description: column.description ??
      (column.jsonPath
        ? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`
        : ""),
    priority: column.priority ?? 0,
  };
}

function objectOf(
  object: KubeObject,
  { includeObject, version }: Required<
    Pick<ToTableOptions, "includeObject" | "version">
  >,
): JsonObject {
  switch (includeObject) {
    case "None":
      return { object: null };
    case "Object":
      return { object: object as unknown as JsonObject };
    default:
      return {
        object: {
          kind: "PartialObjectMetadata",
          apiVersion: `meta.k8s.io/${version}`,
          metadata: object.metadata as unknown as JsonObject,
        },
      };
  }
}

function cell(column: Column, object: KubeObject, now: Date): Json {
  if (column.value) return column.value(object);
  if (!column.jsonPath) return null;
  let value: Json | undefined;
  try {
    [value] = jsonPath(column.jsonPath)(object as unknown as Json);
  } catch {
    return null;
  }
  if (value === undefined) return null;
  switch (column.type) {
    case "string":
      if (value === null) return "";
      return typeof value === "string" ? value : canonicalJson(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date": {
      if (typeof value !== "string") return null;
      const time = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : NaN;
      return isNaN(time) ? "<invalid>" : humanDuration(now.getTime() - time);
    }
  }
}
