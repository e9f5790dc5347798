import { alreadyExists, badRequest, invalid } from "../errors.ts";
import { updateManagedFields } from "../apply/mod.ts";
import { cloneJson } from "../schema/clone_json.ts";
import type { KubeObject } from "../types.ts";
import {
  generatedName,
  leaveOutNoManagers,
  metadataWarnings,
  stampNew,
  timestamp,
} from "./metadata.ts";
import { objectOf, toStored } from "./present.ts";
import { validate } from "./validate.ts";
import { readObject } from "./read_object.ts";
import {
  type Body,
  keyOf,
  kindOf,
  nameOf,
  type Registry,
  type ResourceRequest,
  strategyContext,
} from "./registry.ts";

/** A collision of two generated names is that improbable; more than this is something else. */
const GENERATE_ATTEMPTS = 8;

/** Answers a create: the new object, or what a resource that stores nothing computes. */
export async function create(
  registry: Registry,
  request: ResourceRequest,
  body: Body,
): Promise<KubeObject> {
  const { served, info, options } = request;
  const { strategy } = served.definition;
  const object = readObject(served, body, options);
  if (strategy?.answer) {
    object.metadata ??= {} as KubeObject["metadata"];
    if (served.definition.namespaced) {
      object.metadata.namespace = info.namespace;
    }
    const errors = strategy.validate?.(object) ?? [];
    if (errors.length > 0) {
      throw invalid(served.definition, object.metadata.name ?? "", errors);
    }
    return await strategy.answer(object, strategyContext(registry, request));
  }
  if (object.metadata.resourceVersion) {
    throw badRequest(
      "resourceVersion should not be set on objects to be created",
    );
  }
  if (info.name) object.metadata.name ||= info.name;
  const generate = !object.metadata.name && object.metadata.generateName;
  for (let attempt = 1;; attempt++) {
    const candidate = generate ? cloneJson(object) : object;
    if (generate) candidate.metadata.name = generatedName(generate);
    try {
      return await createObject(registry, request, candidate);
    } catch (error) {
      const taken = error instanceof Error && "reason" in error &&
        error.reason === "AlreadyExists";
      if (!generate || !taken || attempt === GENERATE_ATTEMPTS) throw error;
    }
  }
}

/** Stores a new object that has been read and defaulted. */
async function createObject(
  registry: Registry,
  request: ResourceRequest,
  object: KubeObject,
): Promise<KubeObject> {
  const key = keyOf(request, object.metadata.name);
  let result: KubeObject | undefined;
  const entry = await registry.store.write(key, async (current) => {
    // What is wrong with the object is said first, as on kube-apiserver.
    result = await prepareNew(registry, request, object);
    if (current) throw alreadyExists(nameOf(request.served), key.name);
    if (request.options.dryRun) return { type: "none" };
    // The store numbers a copy of the outer object; what was made here is read back below.
    return {
      type: "put",
      object: toStored(request.served, result),
    };
  });
  return entry ? objectOf(request.served, entry) : result!;
}

/** Everything between a read object and its first stored state. */
export async function prepareNew(
  registry: Registry,
  request: ResourceRequest,
  object: KubeObject,
  { applied = false }: {
    /** Whether its managedFields are right already. @default {false} */
    applied?: boolean;
  } = {},
): Promise<KubeObject> {
  const { served, info, options } = request;
  const { definition } = served;
  const context = strategyContext(registry, request);
  checkNamespace(object, request);
  const now = registry.now();
  stampNew(object, { served, now });
  if (definition.subresources.status) delete object.status;
  definition.strategy?.prepareForCreate?.(object, context);
  if (!object.metadata.name) {
    throw invalid(definition, "", [{
      reason: "FieldValueRequired",
      field: "metadata.name",
      message: "Required value: name or generateName is required",
    }]);
  }
  const errors = validate(served, object);
  if (errors.length > 0) {
    throw invalid(kindOf(served), object.metadata.name, errors);
  }
  for (const text of metadataWarnings(object, { served })) options.warn?.(text);
  registry.admit({ operation: "CREATE", served, info, options, object });
  const admitted = definition.strategy?.admit?.(object, undefined, context);
  if (admitted) await admitted;
  if (!applied) {
    object.metadata.managedFields = updateManagedFields({
      updated: object,
      manager: options.fieldManager,
      operation: "Update",
      apiVersion: served.apiVersion,
      subresource: "",
      statusSubresource: definition.subresources.status ?? false,
      schema: definition.schema,
      zero: definition.zero,
      now: timestamp(now),
    });
  }
  leaveOutNoManagers(object.metadata);
  // A status that was sent counts for nothing; what it is by default is there from the first read on.
  if (definition.custom && definition.subresources.status) {
    served.schema?.defaultStatus(object);
  }
  return object;
}

function checkNamespace(
  object: KubeObject,
  { served, info }: ResourceRequest,
) {
  if (!served.definition.namespaced) {
    if (object.metadata.namespace) {
      throw badRequest(
        "namespace is not allowed on cluster-scoped objects: the namespace of the provided object does not match the namespace sent on the request",
      );
    }
    return;
  }
  object.metadata.namespace ||= info.namespace;
  if (!info.namespace) {
    throw badRequest("an empty namespace may not be set during creation");
  }
  if (object.metadata.namespace !== info.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
}
