import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";

/** Label of the parent of an apply set: its id. */
export const APPLYSET_ID_LABEL = "applyset.kubernetes.io/id";
/** Annotation of the parent: which tool manages the set. */
export const TOOLING_ANNOTATION = "applyset.kubernetes.io/tooling";
/** Annotation of the parent: kinds of the members, so that they can be found. */
export const GROUP_KINDS_ANNOTATION =
  "applyset.kubernetes.io/contains-group-kinds";
/** Annotation of the parent: the Repository whose set it is. */
export const REPOSITORY_ANNOTATION = "gitops.faros.sh/repository";
/** Annotation of the parent: removals that were approved and may not all be done (JSON). */
export const APPROVED_ANNOTATION = "gitops.faros.sh/approved-prune";

/**
 * Membership of applied objects, as KEP-3659 has it: the members carry a label
 * with the id of a parent, and the parent says of which kinds they are. No
 * object grows with the number of members, and a set is found again after a
 * restart, by kubectl too.
 */
export interface ApplySet {
  id: string;
  /** Name of the parent, a ConfigMap. */
  parent: string;
  namespace: string;
  repository: string;
}

/** Makes the {@linkcode ApplySet} of a Repository in a namespace. */
export async function applySet(
  options: {
    repository: string;
    namespace: string;
    /** What it holds: `root/`, the Workspaces, or the folder of one. */
    of: "root" | "workspaces" | "workspace";
  },
): Promise<ApplySet> {
  const { repository, namespace, of } = options;
  const parent = `faros-${of}-${repository}`;
  // KEP-3659: <name>.<namespace>.<kind>.<group>
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(`${parent}.${namespace}.ConfigMap.`),
  );
  const text = btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return { id: `applyset-${text}-v1`, parent, namespace, repository };
}

/** A kind without its version, since objects outlive versions: `Agent.edge.faros.sh`. */
export function groupKind(of: Pick<Resource, "group" | "kind">): string {
  return of.group ? `${of.kind}.${of.group}` : of.kind;
}

/** The parent object of a set whose members are of `groupKinds`. */
export function applySetParent(
  set: ApplySet,
  groupKinds: Iterable<string>,
): KubeObject {
  return {
    apiVersion: ConfigMap.version,
    kind: ConfigMap.kind,
    metadata: {
      name: set.parent,
      namespace: set.namespace,
      labels: { [APPLYSET_ID_LABEL]: set.id },
      annotations: {
        [TOOLING_ANNOTATION]: "faros/v1alpha1",
        [GROUP_KINDS_ANNOTATION]: [...new Set(groupKinds)].sort().join(","),
        [REPOSITORY_ANNOTATION]: set.repository,
      },
    },
  };
}

/** Kinds of the members, as their parent tells. */
export function groupKindsOf(parent: KubeObject | undefined): string[] {
  return parent?.metadata.annotations?.[GROUP_KINDS_ANNOTATION]
    ?.split(",").filter(Boolean) ?? [];
}
