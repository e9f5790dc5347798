import { forbidden } from "../errors.ts";
import type { AdmissionAttributes } from "../registry/registry.ts";
import type { Reader } from "../types.ts";
import { GROUP, RESOURCE } from "./types.ts";

/**
 * Refuses new instances of a definition that is being deleted: they would have to go at once.
 *
 * @throws 403
 */
export function refuseTerminating(
  { operation, served: { definition }, object, info }: AdmissionAttributes,
  reader: Reader,
): void {
  if (operation !== "CREATE" || !definition.custom) return;
  const name = `${definition.resource}.${definition.group}`;
  const crd = reader.get({ group: GROUP, resource: RESOURCE, name });
  if (!crd?.metadata.deletionTimestamp) return;
  throw forbidden(
    definition,
    object?.metadata.name ?? info.name,
    "create not allowed while custom resource definition is terminating",
  );
}
