import type { Repository } from "../../api/repository.ts";
import type { AppliedSet } from "../repository/applied_sets.ts";

/** What a Repository's status tells of drift. */
export type DriftStatus = NonNullable<
  NonNullable<Repository["status"]>["drift"]
>;

/** Most objects that are named. */
const MOST = 20;

/** What differs in some sets and is reported only; nothing where nothing does. */
export function driftSummary(
  sets: Iterable<AppliedSet>,
): DriftStatus | undefined {
  const found: DriftStatus = { objects: 0, first: [] };
  for (const set of sets) {
    for (const [key, fields] of set.drifted) {
      found.objects++;
      const object = set.objects.get(key)?.manifest.object;
      if (!object || found.first.length >= MOST) continue;
      found.first.push({
        ...(set.workspace ? { workspace: set.workspace } : {}),
        kind: object.kind,
        name: object.metadata.name,
        fields,
      });
    }
  }
  return found.objects ? found : undefined;
}

/** `3 objects differ: Agent press-1 in a (spec.paused differs), …` */
export function describeDrift({ objects, first }: DriftStatus): string {
  const names = first.slice(0, 5).map(({ workspace, kind, name, fields }) =>
    `${kind} ${name}${workspace ? ` in ${workspace}` : ""} (${
      fields.join(", ")
    })`
  );
  const more = objects > names.length ? ", …" : "";
  return `${objects} object${objects === 1 ? "" : "s"} differ${
    objects === 1 ? "s" : ""
  } from the manifest: ${names.join(", ")}${more}`;
}
