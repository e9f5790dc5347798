/**
 * Who is bound to which role, kept up to date by changes, so that a decision
 * looks only at the bindings of the user and the groups it is about.
 *
 * @module
 */
import type { Change, KubeObject, Reader } from "../types.ts";

export const RBAC_GROUP = "rbac.authorization.k8s.io";

/** The part of a RoleBinding or ClusterRoleBinding that a decision needs. */
export interface Binding {
  name: string;
  /** Empty for a ClusterRoleBinding. */
  namespace: string;
  roleKind: string;
  roleName: string;
}

/** A binding by which a user holds a role, and the subject that says so. */
export interface Grant {
  binding: Binding;
  /** `User "alice"`, as reasons name it. */
  subject: string;
}

/** Grants by subject; a change costs only as much as it has subjects. */
export class BindingIndex {
  /** Scope and subject → bindings by namespace and name. */
  readonly #bySubject = new Map<string, Map<string, Grant>>();
  /** Binding → the keys above that it stands under. */
  readonly #keys = new Map<string, string[]>();
  readonly stop: () => void;

  constructor(
    reader: Reader,
    subscribe: (listener: (change: Change) => void) => () => void,
  ) {
    this.stop = subscribe((change) => {
      if (change.group !== RBAC_GROUP) return;
      if (!/^(cluster)?rolebindings$/.test(change.resource)) return;
      if (change.type === "DELETED") this.#remove(change.object);
      else this.#put(change.object);
    });
    for (const resource of ["clusterrolebindings", "rolebindings"]) {
      for (const object of reader.list({ group: RBAC_GROUP, resource })) {
        this.#put(object);
      }
    }
  }

  /** Grants of a subject in `scope`: a namespace, or empty for the cluster. */
  grants(
    scope: string,
    kind: "User" | "Group",
    name: string,
  ): Iterable<Grant> {
    return this.#bySubject.get(subjectKey(scope, kind, name))?.values() ?? [];
  }

  #put(object: KubeObject): void {
    this.#remove(object);
    const namespace = object.metadata.namespace ?? "";
    const id = `${namespace}/${object.metadata.name}`;
    const binding: Binding = {
      name: object.metadata.name,
      namespace,
      roleKind: object.roleRef?.kind ?? "",
      roleName: object.roleRef?.name ?? "",
    };
    const keys: string[] = [];
    for (const subject of object.subjects ?? []) {
      // A ServiceAccount is the user that its tokens name.
      const isAccount = subject.kind === "ServiceAccount";
      const kind = isAccount ? "User" : subject.kind;
      if (kind !== "User" && kind !== "Group") continue;
      const from = subject.namespace || namespace;
      const name = isAccount
        ? `system:serviceaccount:${from}:${subject.name}`
        : subject.name;
      const key = subjectKey(namespace, kind, name);
      let grants = this.#bySubject.get(key);
      if (!grants) this.#bySubject.set(key, grants = new Map());
      grants.set(id, {
        binding,
        subject: isAccount
          ? `ServiceAccount "${subject.name}/${from}"`
          : `${subject.kind} ${JSON.stringify(subject.name)}`,
      });
      keys.push(key);
    }
    this.#keys.set(id, keys);
  }

  #remove(object: KubeObject): void {
    const id = `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
    for (const key of this.#keys.get(id) ?? []) {
      const grants = this.#bySubject.get(key);
      grants?.delete(id);
      if (grants?.size === 0) this.#bySubject.delete(key);
    }
    this.#keys.delete(id);
  }
}

function subjectKey(scope: string, kind: string, name: string): string {
  return `${scope}\0${kind}\0${name}`;
}
