import type { ResourceDefinition } from "../types.ts";

type Named = Pick<ResourceDefinition, "group" | "version" | "kind"> & {
  custom?: boolean;
};

/** `api/v1`, `apis/apps/v1`: how `/openapi/v3` names a group version. */
export function groupVersionPath(
  { group, version }: { group: string; version: string },
): string {
  return group ? `apis/${group}/${version}` : `api/${version}`;
}

/** The name of a kind's schema: `sh.faros.edge.v1alpha1.Agent`, `io.k8s.api.core.v1.ConfigMap`. */
export function schemaName({ group, version, kind, custom }: Named): string {
  if (group === "apiextensions.k8s.io") {
    return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`;
  }
  if (!custom) {
    const short = group ? group.split(".")[0] : "core";
    return `io.k8s.api.${short}.${version}.${kind}`;
  }
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** `edgeFarosSh_v1alpha1`: the tag of a group version's operations. */
export function tagOf(
  { group, version }: { group: string; version: string },
): string {
  return `${lowerFirst(camel(group || "core"))}_${version}`;
}

/** `EdgeFarosShV1alpha1`: part of operation ids. */
export function operationPart(
  { group, version }: { group: string; version: string },
): string {
  return camel(group.replace(/\.k8s\.io$/, "") || "core") + camel(version);
}

function camel(text: string): string {
  return text.split(/[.-]/).map((p) => p.charAt(0).toUpperCase() + p.slice(1))
    .join("");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
