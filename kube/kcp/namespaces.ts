/**
 * Names of namespaces in objects: each workspace's own namespace, `default`, is to the hub the namespace that has the
 * workspace's name.
 *
 * @module
 */
import type { KubeObject } from "../../api/meta.ts";
import { KubeApiError } from "../kube_api_error.ts";

/** The namespace that a workspace's objects are in, inside it. */
export const TENANT_NAMESPACE = "default";

/** Of which workspace, and of which resource (plural) an object is. */
export interface NamingScope {
  workspace: string;
  plural: string | undefined;
}

interface Reference {
  namespace?: string;
}

interface Subject extends Reference {
  kind: string;
  name: string;
}

/** Fields beside `metadata` that name the namespace of their object. */
interface Naming extends KubeObject {
  subjects?: Subject[];
  involvedObject?: Reference;
  regarding?: Reference;
  related?: Reference;
}

/** An object as the workspace has it → as the hub sees it. */
export function toHub<T extends KubeObject>(object: T, of: NamingScope): T {
  return rename(object, {
    from: TENANT_NAMESPACE,
    to: of.workspace,
    plural: of.plural,
  });
}

/**
 * An object, or a part of one, as the hub writes it → as the workspace gets it.
 *
 * @throws {KubeApiError} Invalid where a ServiceAccount is said to be in namespace `default`: to the hub that is none
 * of the workspace's, and in there it would be another
 */
export function toTenant<T>(body: T, of: NamingScope): T {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return body;
  }
  const { workspace, plural } = of;
  const object = body as unknown as Naming;
  const strange = plural === "rolebindings" &&
    object.subjects?.some((subject) => subject.namespace === TENANT_NAMESPACE);
  if (strange) {
    throw new KubeApiError({
      code: 422,
      reason: "Invalid",
      message:
        `namespace ${TENANT_NAMESPACE} of a subject is not that of workspace ${workspace}; write ${workspace}`,
    });
  }
  return rename(object, {
    from: workspace,
    to: TENANT_NAMESPACE,
    plural,
  }) as unknown as T;
}

function rename<T extends KubeObject>(
  object: T,
  { from, to, plural }: { from: string; to: string; plural?: string },
): T {
  const renamed = <R extends Reference>(reference: R): R =>
    reference.namespace === from ? { ...reference, namespace: to } : reference;
  const result: T & Naming = { ...object };
  if (object.metadata) result.metadata = renamed(object.metadata);
  if (plural === "rolebindings" && Array.isArray(result.subjects)) {
    result.subjects = result.subjects.map(renamed);
  }
  if (plural === "events") {
    for (const field of ["involvedObject", "regarding", "related"] as const) {
      const reference = result[field];
      if (reference) result[field] = renamed(reference);
    }
  }
  return result;
}
