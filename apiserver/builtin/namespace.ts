/**
 * Namespace, which stays while `spec.finalizers` says so.
 *
 * @module
 */
import { conflict } from "../errors.ts";
import { qualifiedNameProblems } from "../registry/names.ts";
import { invalidValue } from "../schema/field_error.ts";
import { builtinSchema } from "./schemas.ts";
import type { KubeObject, ResourceDefinition, Strategy } from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";

/** The finalizer of the namespace controller, which empties the namespace first. */
export const KUBERNETES_FINALIZER = "kubernetes";
/** A label that lets selectors name a namespace. */
export const NAME_LABEL = "kubernetes.io/metadata.name";

function label(namespace: KubeObject): void {
  namespace.metadata.labels = {
    ...namespace.metadata.labels,
    [NAME_LABEL]: namespace.metadata.name,
  };
}

const strategy: Strategy = {
  prepareForCreate(namespace) {
    label(namespace);
    const finalizers: string[] = namespace.spec?.finalizers ?? [];
    namespace.spec = {
      ...namespace.spec,
      finalizers: finalizers.includes(KUBERNETES_FINALIZER)
        ? finalizers
        : [...finalizers, KUBERNETES_FINALIZER],
    };
    namespace.status = { phase: "Active" };
  },
  prepareForUpdate(namespace, old) {
    label(namespace);
    // Only the subresource `finalize` changes these.
    namespace.spec = old.spec;
  },
  validate(namespace) {
    const finalizers: string[] = namespace.spec?.finalizers ?? [];
    return finalizers.flatMap((name) => {
      const problems = qualifiedNameProblems(name);
      if (problems.length === 0 && !name.includes("/")) {
        if (name !== KUBERNETES_FINALIZER) {
          problems.push(
            "name is neither a standard finalizer name nor is it fully qualified",
          );
        }
      }
      return problems.map((why) => invalidValue("spec.finalizers", name, why));
    });
  },
  prepareForDelete(namespace) {
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
  holds: (namespace) => (namespace.spec?.finalizers?.length ?? 0) > 0,
  fields: (namespace) => ({
    name: namespace.metadata.name,
    "status.phase": namespace.status?.phase ?? "",
  }),
  subresources: {
    finalize: {
      kind: "Namespace",
      verbs: ["update"],
      stores: true,
      schema: builtinSchema("io.k8s.api.core.v1.Namespace"),
      handle(_verb, parent, body) {
        const version = body?.metadata?.resourceVersion;
        if (version && version !== parent.metadata.resourceVersion) {
          throw conflict(
            { group: "", resource: "namespaces" },
            parent.metadata.name,
          );
        }
        const finalizers: string[] = body?.spec?.finalizers ?? [];
        parent.spec = { ...parent.spec, finalizers };
        if (finalizers.length === 0) delete parent.spec.finalizers;
        return parent;
      },
    },
  },
};

/** The definition of Namespace. */
export function namespace(context: ColumnContext): ResourceDefinition {
  return define({
    group: "",
    resource: "namespaces",
    kind: "Namespace",
    shortNames: ["ns"],
    namespaced: false,
    verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
    subresources: { status: true },
    schema: "io.k8s.api.core.v1.Namespace",
    strategy,
    columns: [
      NAME,
      text("Status", (o) => o.status?.phase ?? "", {
        description: "The status of the namespace",
      }),
      age(context),
    ],
  });
}
