/**
 * The served resources sorted into groups and versions, as discovery lists them.
 *
 * @module
 */
import type { Resources } from "../registry/resources.ts";
import type { ResourceDefinition } from "../types.ts";

/** A version of a group. */
export interface GroupVersion {
  version: string;
  resources: ResourceDefinition[];
}

/** A group, its preferred version first. */
export interface Group {
  name: string;
  versions: GroupVersion[];
}

/** A subresource, as discovery describes it. */
export interface Subresource {
  name: string;
  kind: string;
  group: string;
  version: string;
  verbs: string[];
}

/** Groups that kube-apiserver lists first, in this order; others follow by name. */
const FIRST = [
  "",
  "apiregistration.k8s.io",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "storagemigration.k8s.io",
];

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/;
const STAGE: Record<string, number> = { alpha: 0, beta: 1 };

/** Orders versions as Kubernetes does: stable before beta before alpha, newer first, anything else last. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [VERSION.exec(a), VERSION.exec(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  const stage = (m: RegExpExecArray) => m[2] === undefined ? 2 : STAGE[m[2]]!;
  return stage(y) - stage(x) || Number(y[1]) - Number(x[1]) ||
    Number(y[3] ?? 0) - Number(x[3] ?? 0);
}

function compareGroups(a: string, b: string): number {
  const [x, y] = [FIRST.indexOf(a), FIRST.indexOf(b)];
  if (x >= 0 || y >= 0) return x < 0 ? 1 : y < 0 ? -1 : x - y;
  return a < b ? -1 : 1;
}

/** All groups in the order of kube-apiserver; the core group has an empty name. */
export function groupsOf(resources: Resources): Group[] {
  const groups = new Map<string, Map<string, ResourceDefinition[]>>();
  for (const { definition } of resources.all()) {
    const versions = groups.get(definition.group) ?? new Map();
    groups.set(definition.group, versions);
    const list = versions.get(definition.version) ?? [];
    versions.set(definition.version, list);
    list.push(definition);
  }
  return Array.from(groups, ([name, versions]) => ({
    name,
    versions: Array.from(versions, ([version, list]) => ({
      version,
      resources: list.sort((a: ResourceDefinition, b: ResourceDefinition) =>
        a.resource < b.resource ? -1 : 1
      ),
    })).sort((a, b) => compareVersions(a.version, b.version)),
  })).sort((a, b) => compareGroups(a.name, b.name));
}

/** What apiextensions lists for every custom resource. */
const CUSTOM_VERBS = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "create",
  "update",
  "watch",
];

/** The verbs of a resource, in the order of kube-apiserver. */
export function verbsOf({ custom, verbs }: ResourceDefinition): string[] {
  return custom
    ? CUSTOM_VERBS.filter((verb) => verbs.includes(verb))
    : [...verbs].sort();
}

/** The subresources of a resource. */
export function subresourcesOf(definition: ResourceDefinition): Subresource[] {
  const { subresources, group, version, kind, strategy } = definition;
  const found: Subresource[] = [];
  for (const [name, handler] of Object.entries(strategy?.subresources ?? {})) {
    found.push({
      name,
      kind: handler.kind,
      group: handler.group ?? group,
      version: handler.version ?? version,
      verbs: handler.verbs,
    });
  }
  const verbs = ["get", "patch", "update"];
  if (subresources.scale) {
    found.push({
      name: "scale",
      kind: "Scale",
      group: "autoscaling",
      version: "v1",
      verbs,
    });
  }
  if (subresources.status) {
    found.push({ name: "status", kind, group, version, verbs });
  }
  // apiextensions appends them: status, then scale.
  const sign = definition.custom ? -1 : 1;
  return found.sort((a, b) => a.name < b.name ? -sign : sign);
}
