/**
 * ConfigMap.
 *
 * @module
 */
import { base64Problem } from "../schema/base64_problem.ts";
import { badRequest } from "../errors.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { forbiddenField, invalidValue } from "../schema/field_error.ts";
import type {
  FieldError,
  KubeObject,
  ResourceDefinition,
  Strategy,
} from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";
import { decodedSize, keyErrors, MAX_DATA_BYTES } from "./keys.ts";

const IMMUTABLE = "field is immutable when `immutable` is set";
const encoder = new TextEncoder();

function checkBinaryData(map: KubeObject): void {
  for (const value of Object.values<string>(map.binaryData ?? {})) {
    const at = typeof value === "string" ? base64Problem(value) : undefined;
    if (at === undefined) continue;
    throw badRequest(
      `ConfigMap in version "v1" cannot be handled as a ConfigMap: illegal base64 data at input byte ${at}`,
    );
  }
}

const strategy: Strategy = {
  prepareForCreate: checkBinaryData,
  prepareForUpdate: checkBinaryData,
  validate: (map, old) => [
    ...dataErrors(map),
    ...(old?.immutable ? changeErrors(map, old) : []),
  ],
};

function dataErrors(map: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const data: Record<string, string> = map.data ?? {};
  let size = textSize(data);
  for (const key in data) {
    errors.push(...keyErrors("data", key));
    if (map.binaryData?.[key] !== undefined) {
      errors.push(
        invalidValue(
          `data[${key}]`,
          key,
          "duplicate of key present in binaryData",
        ),
      );
    }
  }
  for (const [key, value] of Object.entries<string>(map.binaryData ?? {})) {
    errors.push(...keyErrors("binaryData", key));
    size += decodedSize(value);
  }
  if (size > MAX_DATA_BYTES) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "[]",
      message: `Too long: may not be more than ${MAX_DATA_BYTES} bytes`,
    });
  }
  return errors;
}

/** Bytes of the values, or more where they are far from the limit: to count them takes longer than all else here. */
function textSize(data: Record<string, string>): number {
  let size = 0;
  for (const key in data) size += 3 * data[key]!.length;
  if (size < MAX_DATA_BYTES / 2) return size;
  size = 0;
  for (const key in data) size += encoder.encode(data[key]).length;
  return size;
}

function changeErrors(map: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  if (!map.immutable) errors.push(forbiddenField("immutable", IMMUTABLE));
  for (const field of ["data", "binaryData"]) {
    if (!deepEqual(map[field] ?? {}, old[field] ?? {})) {
      errors.push(forbiddenField(field, IMMUTABLE));
    }
  }
  return errors;
}

/** The definition of ConfigMap. */
export function configMap(context: ColumnContext): ResourceDefinition {
  return define({
    group: "",
    resource: "configmaps",
    kind: "ConfigMap",
    shortNames: ["cm"],
    schema: "io.k8s.api.core.v1.ConfigMap",
    strategy,
    columns: [
      NAME,
      text(
        "Data",
        (o) =>
          Object.keys(o.data ?? {}).length +
          Object.keys(o.binaryData ?? {}).length,
        {
          description:
            "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
        },
      ),
      age(context),
    ],
  });
}
