import type { JsonObject, ResourceDefinition } from "../types.ts";
import { META, ref } from "./meta_schemas.ts";
import { operationPart, schemaName, tagOf } from "./names.ts";

type ParameterType = "string" | "integer" | "boolean";

function query(name: string, type: ParameterType = "string"): JsonObject {
  return { name, in: "query", schema: { type, uniqueItems: true } };
}

function path(name: string, description: string): JsonObject {
  return {
    name,
    in: "path",
    description,
    required: true,
    schema: { type: "string", uniqueItems: true },
  };
}

const pretty = query("pretty");
// kubectl asks the server to validate fields only where an operation lists this parameter.
const write = [
  query("dryRun"),
  query("fieldManager"),
  query("fieldValidation"),
];
const list = [
  query("allowWatchBookmarks", "boolean"),
  query("continue"),
  query("fieldSelector"),
  query("labelSelector"),
  query("limit", "integer"),
  query("resourceVersion"),
  query("resourceVersionMatch"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
const remove = [
  query("dryRun"),
  query("gracePeriodSeconds", "integer"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy"),
];

function content(
  schema: JsonObject,
  types = ["application/json", "application/yaml"],
) {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

/** One operation's specifics. */
interface Operation {
  id: string;
  action: string;
  description: string;
  parameters?: JsonObject[];
  /** Names of schemas. */
  request?: string;
  requestTypes?: string[];
  response: string;
  codes: Record<string, string>;
  kind: { group: string; version: string; kind: string };
}

const OK = { 200: "OK" };
const CREATED = { 200: "OK", 201: "Created" };

function operation(
  definition: ResourceDefinition,
  of: Operation,
): JsonObject {
  return {
    tags: [tagOf(definition)],
    description: of.description,
    operationId: of.id,
    ...(of.parameters ? { parameters: of.parameters } : {}),
    ...(of.request
      ? {
        requestBody: {
          content: content(ref(of.request), of.requestTypes),
          required: true,
        },
      }
      : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(of.codes).map(([code, description]) => [
          code,
          { description, content: content(ref(of.response)) },
        ]),
      ),
      401: { description: "Unauthorized" },
    },
    "x-kubernetes-action": of.action,
    "x-kubernetes-group-version-kind": of.kind,
  };
}

/** Paths of a resource with their operations, as OpenAPI v3 publishes them. */
export function pathsOf(
  definition: ResourceDefinition,
  base: string,
): Record<string, JsonObject> {
  const { group, version, kind, resource, namespaced } = definition;
  const can = (verb: string) => definition.verbs.includes(verb);
  const gvk = { group, version, kind };
  const schema = schemaName(definition);
  const lists = schemaName({ ...definition, kind: definition.listKind });
  const part = operationPart(definition);
  const scope = namespaced ? "Namespaced" : "";
  const shared = [
    ...(namespaced
      ? [path(
        "namespace",
        "object name and auth scope, such as for teams and projects",
      )]
      : []),
    pretty,
  ];
  const named = [path("name", `name of the ${kind}`), ...shared];
  const make = (of: Omit<Operation, "kind">) =>
    operation(definition, { kind: gvk, ...of });
  const paths: Record<string, JsonObject> = {};
  const put = (at: string, item: JsonObject, parameters: JsonObject[]) => {
    if (Object.keys(item).length) paths[at] = { ...item, parameters };
  };

  const collection = namespaced
    ? `${base}/namespaces/{namespace}/${resource}`
    : `${base}/${resource}`;
  const items: JsonObject = {};
  if (can("list")) {
    items.get = make({
      id: `list${part}${scope}${kind}`,
      action: "list",
      description: `list objects of kind ${kind}`,
      parameters: list,
      response: lists,
      codes: OK,
    });
  }
  if (can("create")) {
    items.post = make({
      id: `create${part}${scope}${kind}`,
      action: "post",
      description: `create a ${kind}`,
      parameters: write,
      request: schema,
      response: schema,
      codes: { ...CREATED, 202: "Accepted" },
    });
  }
  if (can("deletecollection")) {
    items.delete = make({
      id: `delete${part}Collection${scope}${kind}`,
      action: "deletecollection",
      description: `delete collection of ${kind}`,
      parameters: [...list, ...remove],
      response: `${META}Status`,
      codes: OK,
    });
  }
  put(collection, items, shared);
  if (namespaced && can("list")) {
    const all = make({
      id: `list${part}${kind}ForAllNamespaces`,
      action: "list",
      description: `list objects of kind ${kind}`,
      response: lists,
      codes: OK,
    });
    put(`${base}/${resource}`, { get: all }, [...list, pretty]);
  }

  const change = (suffix: string, what: string): JsonObject => {
    const one: JsonObject = {};
    if (can("get")) {
      one.get = make({
        id: `read${part}${scope}${kind}${suffix}`,
        action: "get",
        description: `read ${what} ${kind}`,
        parameters: [query("resourceVersion")],
        response: schema,
        codes: OK,
      });
    }
    if (can("update")) {
      one.put = make({
        id: `replace${part}${scope}${kind}${suffix}`,
        action: "put",
        description: `replace ${what} ${kind}`,
        parameters: write,
        request: schema,
        response: schema,
        codes: CREATED,
      });
    }
    if (can("patch")) {
      one.patch = make({
        id: `patch${part}${scope}${kind}${suffix}`,
        action: "patch",
        description: `partially update ${what} ${kind}`,
        parameters: [...write, query("force", "boolean")],
        request: `${META}Patch`,
        requestTypes: [
          "application/apply-patch+yaml",
          "application/json-patch+json",
          "application/merge-patch+json",
          ...(definition.custom
            ? []
            : ["application/strategic-merge-patch+json"]),
        ],
        response: schema,
        codes: CREATED,
      });
    }
    return one;
  };
  const one = change("", "the specified");
  if (can("delete")) {
    one.delete = {
      ...make({
        id: `delete${part}${scope}${kind}`,
        action: "delete",
        description: `delete a ${kind}`,
        parameters: remove,
        request: `${META}DeleteOptions`,
        response: `${META}Status`,
        codes: { 200: "OK", 202: "Accepted" },
      }),
    };
  }
  put(`${collection}/{name}`, one, named);
  if (definition.subresources.status) {
    put(
      `${collection}/{name}/status`,
      change("Status", "status of the specified"),
      named,
    );
  }
  for (
    const [name, handler] of Object.entries(
      definition.strategy?.subresources ?? {},
    )
  ) {
    if (!handler.verbs.includes("create")) continue;
    const target = {
      group: handler.group ?? group,
      version: handler.version ?? version,
      kind: handler.kind,
    };
    put(`${collection}/{name}/${name}`, {
      post: {
        ...operation(definition, {
          id: `create${part}${scope}${kind}${name.charAt(0).toUpperCase()}${
            name.slice(1)
          }`,
          action: "post",
          description: `create ${name} of a ${kind}`,
          parameters: write,
          request: `${META}Patch`,
          response: `${META}Patch`,
          codes: CREATED,
          kind: target,
        }),
      },
    }, named);
  }
  return paths;
}
