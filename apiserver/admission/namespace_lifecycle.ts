/**
 * Nothing new in a namespace that is missing or going away; some namespaces
 * stay. Follows kubernetes `plugin/namespace/lifecycle`.
 *
 * @module
 */
import { forbidden, notFound, StatusError } from "../errors.ts";
import type { AdmissionAttributes } from "../registry/registry.ts";
import type { Reader } from "../types.ts";

const NAMESPACES = { group: "", resource: "namespaces" };

/** Namespaces that cannot be deleted. */
const IMMORTAL = new Set(["default", "kube-system", "kube-public"]);

/** Refuses what does not fit the state of its namespace. */
export function namespaceLifecycle(
  { operation, served, info, object }: AdmissionAttributes,
  reader: Reader,
): void {
  const { group, resource, namespaced } = served.definition;
  if (operation === "DELETE") {
    if (group === "" && resource === "namespaces" && IMMORTAL.has(info.name)) {
      throw forbidden(
        NAMESPACES,
        info.name,
        "this namespace may not be deleted",
      );
    }
    return;
  }
  if (operation !== "CREATE" || !namespaced) return;
  const name = info.namespace;
  const namespace = reader.get({ ...NAMESPACES, name });
  if (!namespace) throw notFound(NAMESPACES, name);
  if (!namespace.metadata.deletionTimestamp) return;
  const refusal = forbidden(
    { group, resource },
    object?.metadata.name ?? info.name,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
  throw new StatusError(refusal.code, refusal.reason, refusal.message, {
    ...refusal.details,
    causes: [{
      reason: "NamespaceTerminating",
      message: `namespace ${name} is being terminated`,
      field: "metadata.namespace",
    }],
  });
}
