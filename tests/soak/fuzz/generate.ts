import { encoded, somePatch } from "./bodies.ts";
import type { Choices } from "./choices.ts";
import { oddBody, oddPath, otherPath } from "./oddities.ts";
import { escaped, oddHeader, someQuery } from "./queries.ts";
import { CRDS, someCrd } from "./crds.ts";
import type { Learned } from "./learned.ts";
import type { FuzzRequest } from "./request.ts";
import { collectionPath, type FuzzResource, type Target } from "./target.ts";
import {
  mutated,
  oddString,
  oddValue,
  type PublishedSchema,
  valueFor,
} from "./values.ts";

const NAMES = ["f0", "f1", "f2", "f0", "f1", "default", "a.b"];
const NAMESPACES = ["default", "default", "fuzz-a", "fuzz-b", "kube-system"];

/** What a request is made from. */
export interface Surroundings {
  target: Target;
  learned: Learned;
}

/** Makes one request. */
export function generate(r: Choices, around: Surroundings): FuzzRequest {
  const request = r.weighted<(r: Choices, a: Surroundings) => FuzzRequest>([
    [28, writeObject],
    [16, readObjects],
    [9, writeCrd],
    [16, writeCustomResource],
    [8, subresource],
    [5, review],
    [4, otherPath],
    [3, oddPath],
    [3, oddBody],
    [3, namespace],
  ])(r, around);
  if (r.maybe(.25)) request.query.push(...someQuery(r, around));
  if (r.maybe(.1)) {
    const header = oddHeader(r, around);
    request.headers.push(header);
    if (/^impersonate-(?!user)/.test(header[0]) && r.maybe(.8)) {
      request.headers.push(["impersonate-user", "jane"]);
    }
  }
  if (r.maybe(.02)) {
    request.method = r.pick([
      "GET",
      "PUT",
      "POST",
      "DELETE",
      "PATCH",
      "HEAD",
      "OPTIONS",
      "FOO",
      "get",
    ]);
  }
  return request;
}

function someName(r: Choices): string {
  return r.maybe(.95) ? r.pick(NAMES) : escaped(oddString(r)) || "x";
}

function placeOf(r: Choices, resource: FuzzResource): string {
  if (!resource.namespaced) return collectionPath(resource);
  if (r.maybe(.04)) return collectionPath(resource);
  return collectionPath(
    resource,
    r.maybe(.97) ? r.pick(NAMESPACES) : escaped(oddString(r)),
  );
}

type Json = Record<string, unknown>;

function objectOf(
  r: Choices,
  { group, version, kind, schema }: FuzzResource,
  { target }: Surroundings,
): Json {
  const value = valueFor(r, schema, {
    resolve: target.resolve,
    oddness: r.pick([0, 0, .01, .05]),
    depth: 6,
  });
  const object = value && typeof value === "object" && !Array.isArray(value)
    ? value as Json
    : {};
  delete object.status;
  return {
    ...object,
    apiVersion: group ? `${group}/${version}` : version,
    kind,
    metadata: someMetadata(r),
  };
}

function someMetadata(r: Choices): Json {
  const metadata: Json = r.maybe(.93)
    ? { name: r.pick(NAMES) }
    : { generateName: r.pick(["g-", "", "x".repeat(300)]) };
  if (r.maybe(.3)) metadata.labels = { a: r.pick(["1", "2"]), b: "x" };
  if (r.maybe(.15)) metadata.annotations = { "x.y/z": "v" };
  if (r.maybe(.06)) metadata.finalizers = ["fuzz.example.com/x"];
  if (r.maybe(.06)) {
    metadata.ownerReferences = [{
      apiVersion: "v1",
      kind: "ConfigMap",
      name: r.pick(NAMES),
      uid: r.pick(["00000000-0000-0000-0000-000000000000", "x"]),
      blockOwnerDeletion: r.maybe(.5),
    }];
  }
  if (r.maybe(.05)) {
    metadata.managedFields = [{
      manager: "fuzz",
      operation: r.pick(["Apply", "Update", "x"]),
      apiVersion: r.pick(["v1", "x/y/z"]),
      fieldsType: "FieldsV1",
      fieldsV1: r.pick<unknown>([
        { "f:data": { ".": {}, "f:a": {} } },
        { 'k:{"a":1}': {}, "v:1": {}, "i:0": {}, "x:y": {} },
        { "k:{": {} },
        { "v:": {} },
        { "f:metadata": oddValue(r) },
        oddValue(r),
      ]),
    }];
  }
  return r.maybe(.1) ? mutated(r, metadata) : metadata;
}

/** A write in any form to a path: what it holds may have been seen, changed, or made by the schema. */
function write(
  r: Choices,
  around: Surroundings,
  { path, resource, make }: {
    path: string;
    resource: FuzzResource;
    make: () => Json;
  },
): FuzzRequest {
  const seen = around.learned.object(r, resource.kind);
  // Mostly where something is, so that there is something to change.
  const known = seen && r.maybe(.7) ? pathOf(resource, seen) : undefined;
  const named = known ?? `${path}/${someName(r)}`;
  const name = named.slice(named.lastIndexOf("/") + 1);
  const object = seen && r.maybe(.5) ? seen : make();
  if (r.maybe(.9)) {
    object.metadata = {
      ...(object.metadata as Json | undefined),
      ...(r.maybe(.9) ? { name } : {}),
    };
  }
  if (r.maybe(.8)) forget(object, r.maybe(.5) ? STAMPS : STAMPS.slice(0, 1));
  const body = r.maybe(.3) ? mutated(r, object) : object;
  const base = { query: [], headers: [] } as Pick<
    FuzzRequest,
    "query" | "headers"
  >;
  switch (
    r.weighted([[4, "post"], [3, "put"], [6, "patch"], [2, "delete"]] as const)
  ) {
    case "post":
      return { ...base, method: "POST", path, ...encoded(r, resource, body) };
    case "put":
      return {
        ...base,
        method: "PUT",
        path: named,
        ...encoded(r, resource, body),
      };
    case "patch":
      return { ...base, method: "PATCH", path: named, ...somePatch(r, body) };
    default:
      return {
        ...base,
        method: "DELETE",
        path: r.maybe(.96) ? named : path,
        ...(r.maybe(.5)
          ? {
            headers: [["content-type", "application/json"]],
            body: { value: deleteOptions(r) },
          }
          : {}),
      };
  }
}

/** What the server stamps on objects; a client that sends it along must have read it before. */
const STAMPS = ["managedFields", "resourceVersion", "uid", "namespace"];

function forget(object: Json, fields: string[]): void {
  const metadata = object.metadata as Json | undefined;
  for (const field of fields) if (metadata) delete metadata[field];
}

/** Path of an object that an answer showed. */
function pathOf(resource: FuzzResource, { metadata }: Json): string {
  const { name, namespace } = metadata as { name: string; namespace?: string };
  return `${collectionPath(resource, namespace)}/${name}`;
}

function deleteOptions(r: Choices): unknown {
  const options: Json = { kind: "DeleteOptions", apiVersion: "v1" };
  if (r.maybe(.5)) {
    options.propagationPolicy = r.pick([
      "Foreground",
      "Background",
      "Orphan",
      "x",
    ]);
  }
  if (r.maybe(.2)) options.preconditions = { uid: r.pick(["x", null, 1]) };
  if (r.maybe(.2)) options.gracePeriodSeconds = r.pick([0, 1, -1, "x"]);
  if (r.maybe(.1)) options.orphanDependents = r.maybe(.5);
  return r.maybe(.15) ? mutated(r, options) : options;
}

function writeObject(r: Choices, around: Surroundings): FuzzRequest {
  const resource = r.pick(
    around.target.resources.filter((each) => each.verbs.includes("update")),
  );
  return write(r, around, {
    path: placeOf(r, resource),
    resource,
    make: () => objectOf(r, resource, around),
  });
}

function readObjects(r: Choices, around: Surroundings): FuzzRequest {
  const resource = r.pick([
    ...around.target.resources.filter((each) => each.verbs.includes("list")),
    customResource(r, around),
  ]);
  const all = placeOf(
    r,
    r.maybe(.2) ? { ...resource, namespaced: false } : resource,
  );
  const query = r.maybe(.7) ? someQuery(r, around) : [];
  if (r.maybe(.12)) query.push(["watch", r.pick(["1", "true", "x"])]);
  const seen = around.learned.object(r, resource.kind);
  const one = seen && r.maybe(.8)
    ? pathOf(resource, seen)
    : `${all}/${someName(r)}`;
  return {
    method: r.maybe(.03) ? "HEAD" : "GET",
    path: r.maybe(.4) ? one : all,
    query,
    headers: [],
  };
}

function customResource(r: Choices, { learned }: Surroundings): FuzzResource {
  const [served = ""] = learned.crds.size > 0 && r.maybe(.9)
    ? r.pick([...learned.crds.keys()]).split(".")
    : [];
  const name = /^fuzz\d+s$/.test(served) ? served : `fuzz${r.below(CRDS)}s`;
  const index = Number(/\d+/.exec(name)![0]);
  const crd = learned.crds.get(`${name}.fuzz.example.com`);
  const versions = (crd?.spec as { versions?: Json[] } | undefined)?.versions;
  const version = Array.isArray(versions) && versions.length > 0
    ? r.pick(versions)
    : undefined;
  const schema = (version?.schema as Json | undefined)?.openAPIV3Schema;
  return {
    group: "fuzz.example.com",
    version: String(version?.name ?? "v1"),
    resource: name,
    kind: `Fuzz${index}`,
    namespaced: index % 3 !== 0,
    verbs: [],
    subresources: ["status", "scale"],
    schema: schema as PublishedSchema | undefined,
  };
}

function writeCustomResource(r: Choices, around: Surroundings): FuzzRequest {
  const resource = customResource(r, around);
  return write(r, around, {
    path: placeOf(r, resource),
    resource,
    make: () => objectOf(r, resource, around),
  });
}

function writeCrd(r: Choices, around: Surroundings): FuzzRequest {
  const crd = someCrd(r, r.below(CRDS));
  const { name } = crd.metadata as { name: string };
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const headers: FuzzRequest["headers"] = [[
    "content-type",
    "application/json",
  ]];
  const value = r.maybe(.25) ? mutated(r, crd) : crd;
  switch (r.below(7)) {
    case 0:
      return {
        method: "DELETE",
        path: `${path}/${name}`,
        query: [],
        headers: [],
      };
    case 1:
      return {
        method: "PATCH",
        path: `${path}/${name}`,
        ...somePatch(r, value),
      };
    case 2:
    case 3: {
      const live = around.learned.crds.get(name);
      const version = (live?.metadata as Json | undefined)?.resourceVersion;
      const next = value as { metadata?: Json };
      if (version && next?.metadata && r.maybe(.9)) {
        next.metadata = { ...next.metadata, resourceVersion: version };
      }
      return {
        method: "PUT",
        path: `${path}/${name}`,
        query: [],
        headers,
        body: { value },
      };
    }
    default:
      return { method: "POST", path, query: [], headers, body: { value } };
  }
}

function subresource(r: Choices, around: Surroundings): FuzzRequest {
  const resource = r.maybe(.5)
    ? customResource(r, around)
    : r.pick(around.target.resources);
  const names = [
    ...resource.subresources,
    "status",
    "scale",
    "token",
    "finalize",
    "x",
  ];
  const sub = r.pick(names);
  const place = placeOf(r, resource);
  const bodies: Record<string, () => Json> = {
    scale: () => ({
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: { name: "f1" },
      spec: { replicas: r.pick<unknown>([0, 1, 5, -1, 1.5, "x", 2 ** 40]) },
    }),
    token: () => ({
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: {
        audiences: r.pick<unknown>([[], ["a"], "x", undefined]),
        expirationSeconds: r.pick<unknown>([600, 0, -1, 1e18, "x", undefined]),
        ...r.maybe(.3)
          ? { boundObjectRef: { kind: r.pick(["Pod", "Secret"]), name: "f1" } }
          : {},
      },
    }),
  };
  const seen = around.learned.object(r, resource.kind);
  const object = bodies[sub]?.() ?? seen ?? objectOf(r, resource, around);
  if (sub === "status") object.status = oddValue(r, 3);
  const value = r.maybe(.3) ? mutated(r, object) : object;
  const base: FuzzRequest = {
    method: r.pick(["GET", "PUT", "POST", "PATCH", "DELETE"]),
    path: seen && r.maybe(.8)
      ? `${pathOf(resource, seen)}/${sub}`
      : `${place}/${someName(r)}/${sub}`,
    query: [],
    headers: [],
  };
  if (base.method === "GET" || base.method === "DELETE") return base;
  return base.method === "PATCH"
    ? { ...base, ...somePatch(r, value) }
    : { ...base, ...encoded(r, resource, value) };
}

function review(r: Choices, around: Surroundings): FuzzRequest {
  const resource = r.pick(
    around.target.resources.filter(({ verbs }) =>
      verbs.includes("create") && !verbs.includes("list")
    ),
  );
  const object = objectOf(r, resource, around);
  if (resource.kind === "TokenReview" && r.maybe(.5)) {
    object.spec = { token: r.pick([...around.learned.tokens, "a.b.c", ""]) };
  }
  return {
    method: "POST",
    path: resource.namespaced
      ? collectionPath(resource, "default")
      : collectionPath(resource),
    query: [],
    ...encoded(r, resource, r.maybe(.2) ? mutated(r, object) : object),
  };
}

function namespace(r: Choices): FuzzRequest {
  const name = r.pick(["fuzz-a", "fuzz-b"]);
  return r.maybe(.85)
    ? {
      method: "POST",
      path: "/api/v1/namespaces",
      query: [],
      headers: [["content-type", "application/json"]],
      body: {
        value: { apiVersion: "v1", kind: "Namespace", metadata: { name } },
      },
    }
    : {
      method: "DELETE",
      path: `/api/v1/namespaces/${name}`,
      query: [],
      headers: [],
    };
}
