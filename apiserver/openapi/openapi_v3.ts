import { openapiInfo } from "../discovery/version.ts";
import type { JsonObject, ResourceDefinition } from "../types.ts";
import { metaTypes } from "../schema/object_meta.ts";
import { hashOf } from "./hash.ts";
import { groupVersionPath, schemaName } from "./names.ts";
import { pathsOf } from "./operations.ts";
import { publishKind, publishList } from "./publish.ts";

interface Document {
  members: ResourceDefinition[];
  value: JsonObject;
  hash: string;
}

/** Documents by the first of their resources: made once for as long as the resources are the same. */
const documents = new WeakMap<ResourceDefinition, Document>();

/** The document `/openapi/v3` of all resources: where each group version's document is, with its hash. */
export function openapiV3Index(definitions: ResourceDefinition[]): JsonObject {
  const paths: JsonObject = {};
  for (const [path, members] of [...byGroupVersion(definitions)].sort()) {
    const { hash } = documentOf(path, members);
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

/**
 * The OpenAPI v3 document of a group version (`apis/edge.faros.sh/v1alpha1`, `api/v1`); undefined where it serves
 * nothing. Must not be changed.
 */
export function openapiV3(
  path: string,
  definitions: ResourceDefinition[],
): JsonObject | undefined {
  const members = byGroupVersion(definitions).get(path);
  return members && documentOf(path, members).value;
}

/** The documents of all group versions, in the order of their paths. */
export function openapiV3Documents(
  definitions: ResourceDefinition[],
): JsonObject[] {
  return [...byGroupVersion(definitions)].sort(([a], [b]) => a < b ? -1 : 1)
    .map(([path, members]) => documentOf(path, members).value);
}

/** The hash of a group version's document, which serves as its ETag. */
export function openapiV3Hash(
  path: string,
  definitions: ResourceDefinition[],
): string | undefined {
  const members = byGroupVersion(definitions).get(path);
  return members && documentOf(path, members).hash;
}

function byGroupVersion(
  definitions: ResourceDefinition[],
): Map<string, ResourceDefinition[]> {
  const out = new Map<string, ResourceDefinition[]>();
  for (const definition of definitions) {
    const path = groupVersionPath(definition);
    const members = out.get(path);
    if (members) members.push(definition);
    else out.set(path, [definition]);
  }
  return out;
}

function documentOf(path: string, members: ResourceDefinition[]): Document {
  const known = documents.get(members[0]!);
  if (
    known?.members.length === members.length &&
    known.members.every((member, i) => member === members[i])
  ) return known;
  const schemas: Record<string, JsonObject> = { ...metaTypes };
  const paths: Record<string, JsonObject> = {};
  for (const member of members) {
    schemas[schemaName(member)] = publishKind(member, schemas);
    if (member.verbs.includes("list")) {
      schemas[schemaName({ ...member, kind: member.listKind })] = publishList(
        member,
      );
    }
    Object.assign(paths, pathsOf(member, `/${path}`));
  }
  const value: JsonObject = {
    openapi: "3.0.0",
    info: members.every(({ custom }) => custom)
      ? { title: "Kubernetes CRD Swagger", version: "v0.1.0" }
      : openapiInfo(),
    paths: sorted(paths),
    components: { schemas: sorted(schemas) },
  };
  const hash = hashOf(JSON.stringify(value));
  const document = { members, value, hash };
  documents.set(members[0]!, document);
  return document;
}

function sorted(map: Record<string, JsonObject>): JsonObject {
  return Object.fromEntries(
    Object.entries(map).sort(([a], [b]) => a < b ? -1 : 1),
  );
}
