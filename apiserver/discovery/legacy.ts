/**
 * Discovery one document at a time: APIVersions, APIGroupList, APIGroup, APIResourceList.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { JsonObject, ResourceDefinition } from "../types.ts";
import {
  type Group,
  type GroupVersion,
  subresourcesOf,
  verbsOf,
} from "./groups.ts";

/** `/api` */
export function apiVersions(groups: Group[], address: string): JsonObject {
  const core = groups.find((group) => group.name === "");
  return {
    kind: "APIVersions",
    versions: core?.versions.map((v) => v.version) ?? [],
    serverAddressByClientCIDRs: [
      { clientCIDR: "0.0.0.0/0", serverAddress: address },
    ],
  };
}

function describeGroup({ name, versions }: Group): JsonObject {
  const list = versions.map(({ version }) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions: list, preferredVersion: list[0] };
}

/** `/apis` */
export function apiGroupList(groups: Group[]): JsonObject {
  return {
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: groups.filter((group) => group.name !== "").map(describeGroup),
  };
}

/** `/apis/<group>` */
export function apiGroup(group: Group): JsonObject {
  return { kind: "APIGroup", apiVersion: "v1", ...describeGroup(group) };
}

/** `/api/v1` and `/apis/<group>/<version>` */
export function apiResourceList(
  groupVersion: string,
  { resources }: GroupVersion,
): JsonObject {
  return {
    kind: "APIResourceList",
    // kube-apiserver leaves it out for the core group.
    ...(groupVersion.includes("/") ? { apiVersion: "v1" } : {}),
    groupVersion,
    resources: resources.flatMap(describeResource),
  };
}

function describeResource(definition: ResourceDefinition): JsonObject[] {
  const { resource, singular, namespaced, kind, verbs } = definition;
  const { shortNames, categories, group, version } = definition;
  return [
    {
      name: resource,
      singularName: singular,
      namespaced,
      kind,
      verbs: verbsOf(definition),
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
      ...(verbs.includes("list")
        ? { storageVersionHash: storageVersionHash(definition) }
        : {}),
    },
    ...subresourcesOf(definition).map((sub): JsonObject => ({
      name: `${resource}/${sub.name}`,
      singularName: "",
      namespaced,
      ...(sub.group !== group || sub.version !== version
        ? { group: sub.group, version: sub.version }
        : {}),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ];
}

/** Names the form objects are stored in, so that clients see when it changes. */
function storageVersionHash(
  { group, storageVersion, kind, storedAs }: ResourceDefinition,
): string {
  // kube-apiserver's own answer still names the version of old.
  if (group === "apiextensions.k8s.io") storageVersion = "v1beta1";
  if (storedAs) group = storedAs.group;
  const hash = sha256(
    new TextEncoder().encode(`${group}/${storageVersion}/${kind}`),
  );
  return hash.subarray(0, 8).toBase64();
}
