/**
 * Lease: leader election and heartbeats.
 *
 * @module
 */
import { invalidValue } from "../schema/field_error.ts";
import type { FieldError, ResourceDefinition, Strategy } from "../types.ts";
import { age, NAME, text } from "./columns.ts";
import { type ColumnContext, define } from "./define.ts";

const strategy: Strategy = {
  prepareForCreate(lease) {
    lease.spec ??= {};
  },
  prepareForUpdate(lease) {
    lease.spec ??= {};
  },
  validate(lease) {
    const { leaseDurationSeconds: seconds, leaseTransitions: transitions } =
      lease.spec ?? {};
    const errors: FieldError[] = [];
    if (seconds !== undefined && seconds <= 0) {
      errors.push(
        invalidValue(
          "spec.leaseDurationSeconds",
          seconds,
          "must be greater than 0",
        ),
      );
    }
    if (transitions !== undefined && transitions < 0) {
      errors.push(
        invalidValue(
          "spec.leaseTransitions",
          transitions,
          "must be greater than or equal to 0",
        ),
      );
    }
    return errors;
  },
};

/** The definition of Lease. */
export function lease(context: ColumnContext): ResourceDefinition {
  return define({
    group: "coordination.k8s.io",
    resource: "leases",
    kind: "Lease",
    schema: "io.k8s.api.coordination.v1.Lease",
    strategy,
    columns: [
      NAME,
      text("Holder", (o) => o.spec?.holderIdentity ?? "", {
        description:
          "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
      }),
      age(context),
    ],
  });
}
