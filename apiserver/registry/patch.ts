import {
  removeZeroValue,
  serverSideApply,
  withoutManagedFields,
  withZeroValue,
} from "../apply/mod.ts";
import {
  badRequest,
  conflict,
  invalid,
  notFound,
  StatusError,
} from "../errors.ts";
import { invalidValue } from "../schema/field_error.ts";
import { goValue } from "../schema/go_value.ts";
import { jsonPatch, mergePatch, strategicMergePatch } from "../patch/mod.ts";
import { isObject } from "../is_object.ts";
import { cloneJson } from "../schema/clone_json.ts";
import type { Decision } from "../storage/store.ts";
import type {
  Json,
  JsonObject,
  KubeObject,
  ManagedFieldsEntry,
  ResourceDefinition,
} from "../types.ts";
import { prepareNew } from "./create.ts";
import { timestamp } from "./metadata.ts";
import { toServed, toStored } from "./present.ts";
import { readObject } from "./read_object.ts";
import {
  type Body,
  keyOf,
  nameOf,
  type Registry,
  type ResourceRequest,
} from "./registry.ts";
import {
  change,
  checkIdentity,
  decideChange,
  nameless,
  resetFields,
  type Written,
} from "./update.ts";

/** Media types of patches. */
export const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
] as const;
/** Media type of a patch. */
export type PatchType = typeof PATCH_TYPES[number];

const BUILTIN_TYPES: readonly PatchType[] = PATCH_TYPES;
const CUSTOM_TYPES: readonly PatchType[] = PATCH_TYPES
  .filter((type) => type !== "application/strategic-merge-patch+json");

/** The types of patch that a resource takes: strategic ones only where the kind is built in. */
export function patchTypes({ served }: ResourceRequest): readonly PatchType[] {
  return served.definition.custom ? CUSTOM_TYPES : BUILTIN_TYPES;
}

/** A patch as it was sent. */
export interface Patch {
  type: PatchType;
  body: Body;
  /** Apply only: take fields over from other managers. */
  force: boolean;
}

/** Answers a PATCH of an object or of its status. */
export async function patch(
  registry: Registry,
  request: ResourceRequest,
  patch: Patch,
): Promise<Written> {
  if (patch.type === "application/apply-patch+yaml") {
    return await apply(registry, request, patch);
  }
  if (patch.force) {
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [{
      reason: "FieldValueForbidden",
      field: "force",
      message: "Forbidden: may not be specified for non-apply patch",
    }]);
  }
  const object = await change(
    registry,
    request,
    (old) => patched(request, patch, old),
  );
  return { object, created: false };
}

function patched(
  request: ResourceRequest,
  { type, body }: Patch,
  old: KubeObject,
): KubeObject {
  const { served, options } = request;
  // The largest part of many objects, which few patches are about.
  const { managedFields } = old.metadata;
  const keep = managedFields && !namesManagedFields(type, body.value);
  const document =
    (keep ? withoutManagedFields(old) : old) as unknown as JsonObject;
  const own = () => cloneJson(document);
  const value = () => cloneJson(body.value) as Json;
  let result: Json;
  switch (type) {
    case "application/json-patch+json":
      result = jsonPatched(served.definition, document, body.value as Json);
      break;
    case "application/merge-patch+json":
      result = mergePatch(own(), value());
      break;
    default:
      result = strategicMergePatch(
        own(),
        value() as JsonObject,
        served.definition.schema ?? {},
      );
  }
  if (!result || typeof result !== "object" || Array.isArray(result)) {
    throw badRequest("the patch does not leave an object");
  }
  const strategic = type === "application/strategic-merge-patch+json";
  if (strategic) {
    // The patched object is one of Go's, whose kind is that of its type.
    result.apiVersion = served.apiVersion;
    result.kind = served.definition.kind;
  }
  const object = readObject(
    served,
    { value: result, duplicates: body.duplicates },
    {
      ...options,
      strategic,
      refuse: (why) =>
        invalid({ group: "", kind: "" }, "", [
          invalidValue(
            "patch",
            strategic ? goValue(body.value) : JSON.stringify(
              keep ? withFields(result as JsonObject, managedFields) : result,
            ),
            why,
          ),
        ]),
    },
  );
  if (keep) object.metadata.managedFields = managedFields;
  checkIdentity(object, old, request, { patch: true });
  return object;
}

/** Of built-in kinds with the parts that Go writes in any case, so that there is something to add to. */
function jsonPatched(
  { zero }: ResourceDefinition,
  document: JsonObject,
  patch: Json,
): JsonObject {
  if (!zero) return jsonPatch(document, patch);
  const result = jsonPatch(withZeroValue(document, zero), patch);
  removeZeroValue(result, zero, document);
  return result;
}

function withFields(
  object: JsonObject,
  managedFields: ManagedFieldsEntry[],
): object {
  const { metadata } = object;
  return metadata && typeof metadata === "object"
    ? { ...object, metadata: { ...metadata, managedFields } }
    : object;
}

/** Whether a patch may change managedFields; the paths of a JSON patch are not looked at. */
function namesManagedFields(type: PatchType, value: JsonObject): boolean {
  if (type === "application/json-patch+json") return true;
  const { metadata } = value;
  return !!metadata && typeof metadata === "object" &&
    "managedFields" in metadata;
}

/** Server-side apply: creates the object where there is none. */
async function apply(
  registry: Registry,
  request: ResourceRequest,
  { body, force }: Patch,
): Promise<Written> {
  const { served, info, options } = request;
  const { definition } = served;
  const value = body.value;
  if (!value || typeof value !== "object" || Array.isArray(value)) {
    throw badRequest("an apply patch must be an object");
  }
  const given = value.metadata ?? {};
  // Metadata that is no object is left for the merge to refuse.
  const metadata = isObject(given) ? given : {};
  if (metadata.managedFields) {
    throw badRequest("metadata.managedFields must be nil");
  }
  // Fields that the schema does not have are refused by the merge, whatever the validation of fields.
  reportDuplicates(body.duplicates, options);
  if (isObject(given)) {
    value.metadata = {
      ...given,
      name: given.name ?? info.name,
      ...definition.namespaced
        ? { namespace: given.namespace ?? info.namespace }
        : {},
    };
  }
  const merge = (live: KubeObject | undefined) => {
    const merged = serverSideApply({
      live,
      patch: value,
      manager: options.fieldManager,
      force,
      apiVersion: served.apiVersion,
      kind: definition.kind,
      subresource: info.subresource,
      statusSubresource: definition.subresources.status ?? false,
      resetFields: resetFields(request),
      schema: definition.schema,
      zero: definition.zero,
      now: timestamp(registry.now()),
    });
    const object = readObject(
      served,
      // It shares parts with the live object, which must stay as it is.
      {
        value: cloneJson(
          withoutManagedFields(merged),
        ) as unknown as JsonObject,
        duplicates: [],
      },
      { ...options, fieldValidation: "Ignore" },
    );
    const { managedFields } = merged.metadata;
    if (managedFields) object.metadata.managedFields = managedFields;
    return object;
  };

  let created = false;
  let dry: KubeObject | undefined;
  const entry = await registry.store.write(
    keyOf(request),
    async (current): Promise<Decision> => {
      let decision: Decision;
      if (current) {
        decision = await decideChange(registry, request, current, {
          applied: true,
          make: (old) => {
            // The types of what tells its identity are known after the merge only.
            const merged = merge(old);
            checkIdentity(merged, old, request, { patch: true });
            return merged;
          },
        });
      } else {
        if (info.subresource) throw notFound(nameOf(served), info.name);
        const merged = merge(undefined);
        if (metadata.uid) {
          throw conflict(
            nameOf(served),
            info.name,
            `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
          );
        }
        if (metadata.resourceVersion) throw notFound(nameOf(served), info.name);
        if (!metadata.name) throw nameless(info.name);
        created = true;
        const object = await prepareNew(registry, request, merged, {
          applied: true,
        });
        decision = {
          type: "put",
          object: toStored(served, object),
        };
      }
      if (!options.dryRun) return decision;
      if (decision.type !== "none") dry = decision.object;
      return { type: "none" };
    },
  );
  const object = toServed(served, dry ?? entry!.object);
  return { object, created };
}

/** An applied configuration is YAML; what is said of it twice is worded so. */
function reportDuplicates(
  duplicates: string[],
  { fieldValidation, warn }: ResourceRequest["options"],
): void {
  for (const text of duplicates) {
    if (fieldValidation === "Strict") {
      throw badRequest(
        `error strict decoding patch: error converting YAML to JSON: ${text}`,
      );
    }
    if (fieldValidation !== "Ignore") warn?.(text);
  }
}

/**
 * The type of a patch by its Content-Type.
 *
 * @throws 415 for a type that the resource does not take.
 */
export function patchTypeOf(
  contentType: string | null,
  request: ResourceRequest,
): PatchType {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  const accepted = patchTypes(request);
  const found = accepted.find((each) => each === type);
  if (found) return found;
  throw new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${
      accepted.join(", ")
    }`,
  );
}
