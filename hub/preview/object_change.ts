import { fieldChanges } from "./field_changes.ts";
import type { ObjectPair } from "./load_fleet.ts";
import type { ObjectChange } from "./preview_result.ts";
import type { Redactor } from "./redactor.ts";
import { APPLYSET_LABEL, ORIGIN_ANNOTATIONS } from "../../api/names.ts";

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

/** Without the labels by which a sync knows its own. */
function withoutOurs(shown: Record<string, unknown>): Record<string, unknown> {
  const metadata = shown.metadata as Record<string, Record<string, unknown>>;
  for (
    const [part, name] of [
      ["labels", APPLYSET_LABEL],
      ...ORIGIN_ANNOTATIONS.map((name) => ["annotations", name] as const),
    ] as const
  ) {
    const { [name]: _, ...rest } = metadata[part] ?? {};
    if (Object.keys(rest).length) metadata[part] = rest;
    else delete metadata[part];
  }
  return shown;
}
