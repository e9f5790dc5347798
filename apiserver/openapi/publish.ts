import type { JsonObject, ResourceDefinition, Schema } from "../types.ts";
import { describedRef, META, ref, typeMeta } from "./meta_schemas.ts";
import { schemaName } from "./names.ts";
import { referenceOf } from "./references.ts";

/** Schemas of a document by name; publishing adds those that are referred to. */
type Components = Record<string, JsonObject>;

const METADATA =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";
const LIST_METADATA =
  "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";

/** The schema of a resource's objects as OpenAPI v3 publishes it; what it refers to is added to `components`. */
export function publishKind(
  definition: ResourceDefinition,
  components: Components,
): JsonObject {
  const { group, version, kind, schema, custom } = definition;
  const out = schema ? publish(schema, components) : { type: "object" };
  const described = custom ? undefined : schema?.properties?.metadata;
  return {
    ...out,
    properties: {
      ...out.properties as JsonObject,
      ...typeMeta,
      metadata: describedRef(
        `${META}ObjectMeta`,
        described?.description ?? METADATA,
      ),
    },
    ...(schema ? {} : { "x-kubernetes-preserve-unknown-fields": true }),
    "x-kubernetes-group-version-kind": [{ group, kind, version }],
  };
}

/** The schema of a resource's lists. */
export function publishList(definition: ResourceDefinition): JsonObject {
  const { group, version, kind, listKind, resource } = definition;
  return {
    description: `${listKind} is a list of ${kind}`,
    type: "object",
    required: ["items"],
    properties: {
      ...typeMeta,
      items: {
        description:
          `List of ${resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: "array",
        items: ref(schemaName(definition)),
      },
      metadata: describedRef(`${META}ListMeta`, LIST_METADATA),
    },
    "x-kubernetes-group-version-kind": [{ group, kind: listKind, version }],
  };
}

function publish(schema: Schema, components: Components): JsonObject {
  const reference = referenceOf(schema);
  if (reference) {
    const { name, target, own } = reference;
    if (!components[name]) {
      // Before its content, which may refer back to it.
      components[name] = {};
      components[name] = publish(target, components);
    }
    return Object.keys(own).length ? { ...own, allOf: [ref(name)] } : ref(name);
  }
  const { properties, items, additionalProperties, ...rest } = schema;
  const out = { ...rest } as unknown as JsonObject;
  // An empty list says nothing, and Go's decoder makes it another value than none.
  if (rest.required?.length === 0) delete out.required;
  if (properties) {
    out.properties = Object.fromEntries(
      Object.entries(properties).map(([k, v]) => [k, publish(v, components)]),
    );
  }
  if (items) out.items = publish(items, components);
  if (additionalProperties !== undefined) {
    out.additionalProperties = typeof additionalProperties === "object"
      ? publish(additionalProperties, components)
      : additionalProperties;
  }
  if (schema["x-kubernetes-int-or-string"]) {
    delete out.type;
    out.anyOf ??= [{ type: "integer" }, { type: "string" }];
  }
  if (schema["x-kubernetes-embedded-resource"]) {
    out.properties = {
      ...out.properties as JsonObject,
      ...typeMeta,
      metadata: describedRef(`${META}ObjectMeta`, METADATA),
    };
  }
  return out;
}
