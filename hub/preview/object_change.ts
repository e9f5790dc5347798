import { fieldChanges } from "./field_changes.ts";
import type { ObjectPair } from "./load_fleet.ts";
import type { ObjectChange } from "./preview_result.ts";
import type { Redactor } from "./redactor.ts";
import { APPLYSET_LABEL, ORIGIN_ANNOTATIONS } from "../../api/names.ts";
import { APPLIED_ANNOTATION } from "../../gitops/plan/plan.ts";

/** Labels and annotations by which a sync knows its own. */
const OURS = new Set([
  APPLYSET_LABEL,
  APPLIED_ANNOTATION,
  ...ORIGIN_ANNOTATIONS,
]);

/** What changes in an object, for the eyes of everybody; undefined where nothing does. */
export function objectChange(
  pair: ObjectPair,
  redactor: Redactor,
): ObjectChange | undefined {
  const { workspace, before, after, manifest } = pair;
  const { apiVersion, kind, metadata } = (after ?? before)!;
  const change = {
    ...(workspace === undefined ? {} : { workspace }),
    apiVersion,
    kind,
    name: metadata.name,
    ...(manifest ? { file: manifest.file, line: manifest.line } : {}),
  };
  // So that what is hidden in it is known, whatever is told.
  const [old, now] = [before, after].map((object) =>
    object && withoutOurs(redactor.object(object))
  );
  if (!old) return { change: "create", ...change, fields: [] };
  if (!now) return { change: "delete", ...change, fields: [] };
  const fields = fieldChanges(old, now);
  return fields.length ? { change: "update", ...change, fields } : undefined;
}

/** Without what only a sync writes and reads. */
function withoutOurs(shown: Record<string, unknown>): Record<string, unknown> {
  const metadata = shown.metadata as Record<string, Record<string, unknown>>;
  for (const part of ["labels", "annotations"]) {
    const rest = Object.entries(metadata[part] ?? {}).filter(([name]) =>
      !OURS.has(name)
    );
    if (rest.length) metadata[part] = Object.fromEntries(rest);
    else delete metadata[part];
  }
  return shown;
}
