import { invalidValue, required } from "../schema/field_error.ts";
import type {
  FieldError,
  JsonObject,
  ObjectMeta,
  OwnerReference,
} from "../types.ts";

/** Events own nothing: they expire. */
const EVENTS = ["v1", "events.k8s.io/v1", "events.k8s.io/v1beta1"];

/**
 * Leaves of references that are alike in all fields the first only, as kube-apiserver does.
 *
 * @returns a warning that names the UIDs; nothing where all differ
 */
export function dedupOwnerReferences(
  metadata: ObjectMeta,
  { patch }: {
    /** Whether a patch left them: it is then not the request that is to blame. */
    patch: boolean;
  },
): string | undefined {
  const kept: OwnerReference[] = [];
  // By text, since there may be many thousand references.
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const owner of metadata.ownerReferences ?? []) {
    const text = textOf(owner);
    if (seen.has(text)) twice.add(owner.uid);
    else kept.push(owner);
    seen.add(text);
  }
  if (twice.size === 0) return undefined;
  metadata.ownerReferences = kept;
  const when = patch ? " after mutating admission happens" : "";
  return `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${
    [...twice].join(", ")
  }`;
}

function textOf(owner: OwnerReference): string {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return JSON.stringify(
    [apiVersion, kind, name, uid, controller, blockOwnerDeletion],
  );
}

/** Problems with `metadata.ownerReferences`. */
export function ownerErrors(owners: OwnerReference[]): FieldError[] {
  const errors: FieldError[] = [];
  let controller: string | undefined;
  owners.forEach((owner, index) => {
    const field = `metadata.ownerReferences[${index}]`;
    const { apiVersion, kind, name } = owner;
    if (apiVersion && apiVersion.split("/").length > 2) {
      const why = "must be <group>/<version> or <version>";
      errors.push(invalidValue(`${field}.apiVersion`, apiVersion, why));
    }
    for (const key of ["apiVersion", "kind", "name", "uid"] as const) {
      if (!owner[key]) {
        errors.push(required(`${field}.${key}`, "must not be empty"));
      }
    }
    if (kind === "Event" && EVENTS.includes(apiVersion)) {
      const gvk = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
      errors.push({
        ...invalidValue(field, "", ""),
        message: `Invalid value: ${
          JSON.stringify(inOrder(owner))
        }: ${gvk}, Kind=${kind} is disallowed from being an owner`,
      });
    }
    if (!owner.controller) return;
    if (controller !== undefined) {
      const why =
        `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${kind}/${name}`;
      errors.push({
        ...invalidValue("metadata.ownerReferences", "", ""),
        message: `Invalid value: ${
          JSON.stringify(owners.map(inOrder))
        }: ${why}`,
      });
    } else controller = `${kind}/${name}`;
  });
  return errors;
}

/** An owner with its fields in the order of Go's struct, as errors show it. */
function inOrder(owner: OwnerReference): JsonObject {
  const { apiVersion, kind, name, uid, controller, blockOwnerDeletion } = owner;
  return { apiVersion, kind, name, uid, controller, blockOwnerDeletion };
}
