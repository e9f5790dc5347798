import { StatusError } from "../errors.ts";
import { showPath } from "./field_set.ts";
import type { Manager } from "./managers.ts";
import type { FieldConflict } from "./ownership.ts";

function show(manager: Manager): string {
  let text = JSON.stringify(manager.manager);
  if (manager.subresource) {
    text += ` with subresource ${JSON.stringify(manager.subresource)}`;
  }
  // An applier is one manager across versions and times.
  return manager.operation === "Update"
    ? `${text} using ${manager.apiVersion}`
    : text;
}

/** 409 that names each field and the manager that owns it. */
export function conflictError(conflicts: FieldConflict[]): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${show(manager)}`,
    field: showPath(path),
  }));
  return new StatusError(409, "Conflict", message(conflicts), { causes });
}

function message(conflicts: FieldConflict[]): string {
  if (conflicts.length === 1) {
    const [{ manager, path }] = conflicts as [FieldConflict];
    return `Apply failed with 1 conflict: conflict with ${show(manager)}: ${
      showPath(path)
    }`;
  }
  const groups = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const name = show(manager);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name)!.push(`- ${showPath(path)}`);
  }
  const lines = [...groups].sort(([a], [b]) => a < b ? -1 : 1).flatMap((
    [name, paths],
  ) => [`conflicts with ${name}:`, ...paths]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}
