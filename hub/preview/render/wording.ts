/**
 * Words that text and Markdown share.
 *
 * @module
 */
import {
  formatProblem,
  type Problem,
} from "../../../gitops/manifest/problem.ts";
import { byNumber } from "../by_number.ts";
import {
  countPreview,
  type FieldChange,
  type ObjectChange,
  type PluginChange,
  type Preview,
  type PreviewProblem,
} from "../preview_result.ts";

/** How a change is marked. */
export const MARK = {
  create: "+",
  add: "+",
  update: "~",
  delete: "-",
  remove: "-",
} as const;

/** `3 devices`, `1 device` */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? noun : plural}`;
}

/** What happens in one line: `2 devices change in 1 workspace …`. */
export function summary(preview: Preview): string {
  const n = countPreview(preview);
  const parts: string[] = [];
  if (n.errors) parts.push(count(n.errors, "error"));
  if (n.devices) {
    parts.push(
      `${count(n.devices, "device")} affected` +
        (n.restarting ? `, ${n.restarting} with a plugin that restarts` : ""),
    );
  } else parts.push("no device affected");
  const objects = [
    n.create ? `${n.create} created` : "",
    n.update ? `${n.update} updated` : "",
    n.delete ? `${n.delete} deleted` : "",
  ].filter(Boolean);
  parts.push(
    objects.length
      ? `objects: ${objects.join(", ")}` +
        (n.workspaces ? ` in ${count(n.workspaces, "workspace")}` : "")
      : "no object changes",
  );
  return parts.join("; ");
}

/** `file:line:column: field: message` */
export function formatPreviewProblem(problem: PreviewProblem): string {
  return formatProblem(problem as Problem);
}

/** What becomes of a field: texts that come from outside go through `value`. */
export function fieldWords(
  change: FieldChange,
  value: (text: string) => string,
): string {
  const { field, before, after, secret } = change;
  const name = value(field);
  if (secret) {
    const what = before === undefined
      ? "added"
      : after === undefined
      ? "removed"
      : "changed";
    return `${name} (secret ${what})`;
  }
  if (before === undefined && after === undefined) return name;
  if (before === undefined) return `${name}: ${value(after!)}`;
  if (after === undefined) return `${name}: ${value(before)} removed`;
  return `${name}: ${value(before)} → ${value(after)}`;
}

/** What becomes of a plugin, without its config. */
export function pluginWords(
  plugin: PluginChange,
  value: (text: string) => string,
): string {
  const { version: { before, after }, also, restarts, change } = plugin;
  const version = before === after || before === undefined ||
      after === undefined
    ? value(after ?? before ?? "")
    : `${value(before)} → ${value(after)}`;
  const notes = [
    ...also.map((part) => `other ${part}`),
    change === "update"
      ? restarts ? "restarts" : "goes on without restart"
      : "",
  ].filter(Boolean);
  return `${value(plugin.object)}: ${value(plugin.plugin)} ${version}${
    notes.length ? `, ${notes.join(", ")}` : ""
  }`;
}

/** Objects that come or go, of one kind and file; or one that changes. */
export interface ObjectGroup extends Omit<ObjectChange, "name"> {
  names: string[];
}

/** Puts together what is to be told in one line. */
export function groupObjects(changes: readonly ObjectChange[]): ObjectGroup[] {
  const groups = Map.groupBy(
    changes,
    ({ change, kind, name, file, fields, suspended }) =>
      JSON.stringify([
        change,
        kind,
        file,
        suspended,
        fields.length ? name : "",
      ]),
  );
  return [...groups.values()].map((all) => {
    const { name: _, ...first } = all[0]!;
    if (all.length > 1) delete first.line;
    return { ...first, names: all.map(({ name }) => name).sort(byNumber) };
  });
}

/** Items by workspace, the hub's own first. */
export function byWorkspace<T extends { workspace?: string }>(
  items: readonly T[],
): [string, T[]][] {
  const groups = Map.groupBy(items, ({ workspace }) => workspace ?? "");
  return [...groups].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** What becomes of an object that goes, where that is not at once. */
export function suspendedWords({ suspended }: ObjectGroup): string {
  return suspended === undefined ? "" : `, suspended for ${suspended} first`;
}

/** The file and line of an object: `a.yaml:3`. */
export function placeOf(
  { file, line }: Pick<ObjectChange, "file" | "line">,
): string {
  return file === undefined
    ? ""
    : line === undefined
    ? file
    : `${file}:${line}`;
}
