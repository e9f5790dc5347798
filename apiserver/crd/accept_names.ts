import type { Crd, CrdCondition, Names } from "./types.ts";
import { withCondition } from "./types.ts";

/** What the status of a definition should say of its names. */
export interface Acceptance {
  acceptedNames: Names;
  conditions: CrdCondition[];
}

/** Decides which of its names a definition gets: those that no other one of its group holds. */
export function acceptNames(
  crd: Crd,
  { others, now }: { others: Crd[]; now: string },
): Acceptance {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const other of others) {
    if (other.spec.group !== crd.spec.group) continue;
    if (other.metadata.name === crd.metadata.name) continue;
    const { plural, singular, shortNames, kind, listKind } =
      other.status.acceptedNames;
    for (const name of [plural, singular, ...shortNames ?? []]) {
      if (name) resources.add(name);
    }
    for (const name of [kind, listKind]) if (name) kinds.add(name);
  }
  const wanted = crd.spec.names;
  const accepted: Names = { ...crd.status.acceptedNames };
  let problem: { reason: string; message: string } | undefined;
  const take = <K extends keyof Names>(
    field: K,
    taken: Set<string>,
    reason: string,
  ) => {
    const value = wanted[field];
    const names = Array.isArray(value) ? value : value ? [value] : [];
    const found = names.find((name) => taken.has(name));
    if (found === undefined) {
      if (value === undefined) delete accepted[field];
      else accepted[field] = value;
    } else problem = { reason, message: `"${found}" is already in use` };
  };
  take("plural", resources, "PluralConflict");
  take("singular", resources, "SingularConflict");
  take("shortNames", resources, "ShortNamesConflict");
  take("kind", kinds, "KindConflict");
  take("listKind", kinds, "ListKindConflict");
  if (wanted.categories) accepted.categories = wanted.categories;
  else delete accepted.categories;

  const { conditions: before = [] } = crd.status;
  let conditions = withCondition(before, {
    type: "NamesAccepted",
    status: problem ? "False" : "True",
    reason: problem?.reason ?? "NoConflicts",
    message: problem?.message ?? "no conflicts found",
    now,
  });
  // Once established, a definition stays so: its objects must remain reachable.
  const established = before.find((c) => c.type === "Established");
  if (established?.status !== "True") {
    conditions = withCondition(conditions, {
      type: "Established",
      status: problem ? "False" : "True",
      reason: problem ? "NotAccepted" : "InitialNamesAccepted",
      message: problem
        ? "not all names are accepted"
        : "the initial names have been accepted",
      now,
    });
  }
  return { acceptedNames: accepted, conditions };
}
