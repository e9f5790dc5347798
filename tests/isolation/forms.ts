import type { Random } from "../random.ts";
import type { Ask } from "./http.ts";
import {
  mayGenerateName,
  requestOf,
  type Sample,
  sampleOf,
} from "./samples.ts";
import { type Address, pathOf, type Served } from "./served.ts";

/** A way of asking for something. */
export interface Form {
  /** The verb of Kubernetes. */
  verb: string;
  ask: Ask;
  /** Asked of a single object by its name, or of all. */
  reach: "object" | "collection" | "all namespaces" | "new";
}

/** What is asked for. */
export interface Goal {
  address: Address & { name: string };
  /** As it is there now; of a subresource, that subresource. */
  object: Sample;
  /** Label of all that belongs to the same owner. */
  marker: string;
}

const JSON_TYPE = "application/json";

const PATCHES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

/** How lists and objects may be wanted. */
const ACCEPT = [
  "application/json;as=Table;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/yaml",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io, application/json",
];

/** All ways in which a verb asks for `goal`, with some that chance adds. */
export function formsOf(
  served: Served,
  verb: string,
  { goal, random }: { goal: Goal; random: Random },
): Form[] {
  const { address, marker } = goal;
  const one = pathOf(served, address);
  const { name, ...collection } = address;
  const many = pathOf(served, collection);
  const everywhere = pathOf(served, { base: address.base });
  switch (verb) {
    case "get":
      return [
        form(verb, "object", { method: "GET", path: one }),
        form(verb, "object", {
          method: "GET",
          path: one,
          headers: { accept: random.pick(ACCEPT).replace("List;", ";") },
        }),
      ];
    case "list":
      return [
        ...reads(verb, many, { goal, random, namespaced: served.namespaced }),
        form(verb, "object", {
          method: "GET",
          path: `${many}?fieldSelector=metadata.name%3D${name}`,
        }),
        ...served.namespaced ? across(verb, everywhere, goal) : [],
      ];
    case "watch": {
      const query = "watch=true&timeoutSeconds=1";
      const legacy = { ...collection, watch: true };
      return [
        form(verb, "collection", watching(`${many}?${query}`)),
        form(
          verb,
          "collection",
          watching(`${pathOf(served, legacy)}?timeoutSeconds=1`),
        ),
        form(
          verb,
          "object",
          watching(`${many}?${query}&fieldSelector=metadata.name%3D${name}`),
        ),
        ...served.namespaced
          ? across(verb, everywhere, goal).map(({ ask, ...rest }) => ({
            ...rest,
            ask: watching(`${ask.path}&${query}`),
          }))
          : [],
      ];
    }
    case "create":
      return creations(served, { goal, path: many, random });
    case "update":
      return [
        form(verb, "object", {
          method: "PUT",
          path: one,
          headers: { "content-type": JSON_TYPE },
          body: JSON.stringify(goal.object),
        }),
      ];
    case "patch":
      return PATCHES.map((type) =>
        form(verb, "object", {
          method: "PATCH",
          path: type.includes("apply")
            ? `${one}?fieldManager=isolation&force=true`
            : one,
          headers: { "content-type": type },
          body: JSON.stringify(patchOf(type, goal)),
        })
      );
    case "delete":
      return [form(verb, "object", { method: "DELETE", path: one })];
    case "deletecollection":
      return [
        form(verb, "collection", { method: "DELETE", path: many }),
        form(verb, "collection", {
          method: "DELETE",
          path: `${many}?labelSelector=marker%3D${marker}`,
        }),
      ];
    default:
      throw new Error(`Cannot ask for verb ${verb} of ${served.plural}`);
  }
}

function form(verb: string, reach: Form["reach"], ask: Ask): Form {
  return { verb, reach, ask };
}

function watching(path: string): Ask {
  return { method: "GET", path, stream: true };
}

function reads(
  verb: string,
  path: string,
  { goal, random, namespaced }: {
    goal: Goal;
    random: Random;
    namespaced: boolean;
  },
): Form[] {
  const { namespace } = goal.address;
  const query = random.pick([
    `labelSelector=marker%3D${goal.marker}`,
    `labelSelector=marker%20in%20(${goal.marker},x)`,
    "resourceVersion=0",
    "fieldSelector=metadata.name!%3Dx",
    "pretty=true",
    ...namespaced && namespace
      ? [`fieldSelector=metadata.namespace%3D${namespace}`]
      : [],
  ]);
  return [
    form(verb, "collection", { method: "GET", path }),
    form(verb, "collection", {
      method: "GET",
      path: `${path}?${query}`,
      headers: { accept: random.pick(ACCEPT) },
    }),
  ];
}

/** The same of all namespaces, and then only of one. */
function across(verb: string, path: string, goal: Goal): Form[] {
  const { namespace, name } = goal.address;
  return [
    `labelSelector=marker%3D${goal.marker}`,
    `fieldSelector=metadata.namespace%3D${namespace}`,
    `fieldSelector=metadata.name%3D${name},metadata.namespace%3D${namespace}`,
  ].map((query) =>
    form(verb, "all namespaces", { method: "GET", path: `${path}?${query}` })
  );
}

function creations(
  served: Served,
  { goal, path, random }: { goal: Goal; path: string; random: Random },
): Form[] {
  const { address: { name, namespace }, marker } = goal;
  const headers = { "content-type": JSON_TYPE };
  if (served.subresource) {
    const body = JSON.stringify(requestOf(served, { name, namespace }));
    const of = pathOf(served, goal.address);
    return [form("create", "object", {
      method: "POST",
      path: of,
      headers,
      body,
    })];
  }
  const fresh = `new-${random.int(1e9).toString(36)}`;
  const names = mayGenerateName(served) ? [fresh, undefined] : [fresh];
  return names.map((name) =>
    form("create", "new", {
      method: "POST",
      path,
      headers,
      body: JSON.stringify(sampleOf(served, { name, namespace, marker })),
    })
  );
}

function patchOf(type: string, { object, marker }: Goal): unknown {
  const labels = { marker, isolation: "x" };
  if (type.includes("json-patch")) {
    return [{ op: "add", path: "/metadata/labels", value: labels }];
  }
  const change = { metadata: { labels } };
  if (!type.includes("apply")) return change;
  const { apiVersion, kind, metadata } = object;
  return {
    apiVersion,
    kind,
    metadata: {
      ...change.metadata,
      name: metadata?.name,
      namespace: metadata?.namespace,
    },
  };
}
