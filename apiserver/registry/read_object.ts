import { badRequest, invalid, type StatusError } from "../errors.ts";
import { invalidValue } from "../schema/field_error.ts";
import type { JsonObject, KubeObject, WriteOptions } from "../types.ts";
import { jsonKind } from "../schema/go_value.ts";
import { leaveOutNoManagers, readMetadata } from "./metadata.ts";
import { dedupOwnerReferences } from "./owner_references.ts";
import type { Body } from "./registry.ts";
import type { Served } from "./resources.ts";

interface ReadOptions extends WriteOptions {
  /** Makes the error of what cannot be decoded; without it that is a 400. */
  refuse?: (why: string) => StatusError;
  /** Whether a strategic merge patch left it. */
  strategic?: boolean;
}

/**
 * Makes a client's body an object of a resource: its apiVersion and kind fit, fields that are not in the schema
 * are gone (with an error, a warning or neither, by `fieldValidation`), and defaults are filled in.
 *
 * @throws 400 where the body is something else.
 */
export function readObject(
  served: Served,
  { value, duplicates }: Body,
  options: ReadOptions,
): KubeObject {
  checkKind(served, value, options);
  const kind =
    `${served.definition.kind} in version "${served.definition.version}"`;
  const unknown = (served.schema?.prune(value) ?? [])
    .map((path) => `unknown field "${path}"`);
  // Go's types find both in one pass; custom resources, and what patches leave, are decoded first and pruned then.
  reportStrict(
    served,
    served.definition.custom || options.refuse
      ? [...duplicates, ...unknown]
      : [...unknown, ...duplicates],
    options,
  );
  const wrong = options.strategic
    ? served.goRestore(value)
    : served.goDecode(value);
  if (wrong !== undefined) {
    throw options.refuse?.(wrong) ?? badRequest(
      `${kind} cannot be handled as a ${served.definition.kind}: ${wrong}`,
    );
  }
  const [unreadable] = served.definition.custom
    ? served.schema?.coerce(value) ?? []
    : [];
  if (unreadable) {
    const why = `${unreadable.field}: ${unreadable.message}`;
    throw options.refuse?.(why) ?? badRequest(
      `${kind} cannot be handled as a ${served.definition.kind}: ${why}`,
    );
  }
  readMetadata(value, { kind, refuse: options.refuse });
  const { metadata } = value as KubeObject;
  // Custom resources lose empty parts of their metadata before anybody looks at who manages them: a client that writes
  // an empty list, not knowing of managedFields, does not give up what others own. One empty entry does.
  if (served.definition.custom) leaveOutNoManagers(metadata);
  const twice = dedupOwnerReferences(metadata, {
    patch: options.refuse !== undefined,
  });
  if (twice !== undefined) options.warn?.(twice);
  served.schema?.default(value);
  return value as KubeObject;
}

function checkKind(
  served: Served,
  value: JsonObject,
  { refuse }: ReadOptions,
) {
  const { definition, apiVersion } = served;
  for (const field of ["kind", "apiVersion"]) {
    const found = value[field];
    if (found === undefined || found === null) continue;
    if (typeof found !== "string") {
      throw badRequest(
        `couldn't get version/kind; json parse error: json: cannot unmarshal ${
          jsonKind(found)
        } into Go struct field .${field} of type string`,
      );
    }
  }
  if (definition.custom) {
    if (!value.kind) throw missing("Kind", value);
    if (!value.apiVersion) throw missing("apiVersion", value);
  }
  if (definition.custom && refuse) checkPatchedKind(served, value);
  value.apiVersion ||= apiVersion;
  value.kind ||= definition.kind;
  if (value.apiVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${value.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  }
  if (value.kind !== definition.kind) {
    throw badRequest(
      `the kind in the data (${value.kind}) does not match the expected kind (${definition.kind})`,
    );
  }
}

/** Of custom resources, kube-apiserver finds only after a patch what it made of their kind. */
function checkPatchedKind(
  { definition, apiVersion }: Served,
  value: JsonObject,
): void {
  const problems = Object.entries({ apiVersion, kind: definition.kind })
    .filter(([field, wanted]) => value[field] !== wanted)
    .map(([field, wanted]) =>
      invalidValue(field, value[field], `must be ${wanted}`)
    );
  if (problems.length === 0) return;
  const version = String(value.apiVersion);
  const group = version.includes("/") ? version.split("/")[0]! : "";
  const { name } = (value.metadata ?? {}) as JsonObject;
  const kind = String(value.kind);
  throw invalid({ group, kind }, String(name ?? ""), problems);
}

function missing(what: string, value: JsonObject): StatusError {
  return badRequest(
    `Object '${what}' is missing in '${JSON.stringify(value)}'`,
  );
}

/** Reports what strict decoding found, as `fieldValidation` asks. */
function reportStrict(
  { definition }: Served,
  problems: string[],
  options: ReadOptions,
): void {
  if (problems.length === 0) return;
  if (options.fieldValidation === "Strict") {
    const why = `strict decoding error: ${problems.join(", ")}`;
    throw options.refuse?.(why) ?? badRequest(
      `${definition.kind} in version "${definition.version}" cannot be handled as a ${definition.kind}: ${why}`,
    );
  }
  if (options.fieldValidation !== "Ignore") {
    for (const problem of problems) options.warn?.(problem);
  }
}
