import type { KubeObject } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import { expandPointer, type Pointer } from "./field_pointers.ts";

/** What becomes of a change behind the repository's back. */
export type DriftMode = NonNullable<Repository["spec"]["drift"]>;

/** What a Repository says of the drift of a workspace's objects, or of its own. */
export interface DriftPolicy {
  mode: DriftMode;
  rules: NonNullable<Repository["spec"]["driftRules"]>;
}

/** What becomes of the drift of one object. */
export interface ObjectDrift {
  mode: DriftMode;
  /** Fields of which something else is to become, by JSON pointers. */
  fields: { pointer: string; mode: DriftMode }[];
}

/** All of it is put back. */
export const CORRECT: ObjectDrift = { mode: "correct", fields: [] };

/** The rules of a Repository that hold in a workspace, or for the hub's own objects. */
export function driftPolicy(
  spec: Pick<Repository["spec"], "drift" | "driftRules">,
  workspace?: string,
): DriftPolicy {
  return {
    mode: spec.drift ?? "correct",
    rules: (spec.driftRules ?? []).filter(({ target }) =>
      target?.workspace === undefined || target.workspace === workspace
    ),
  };
}

/** The last rule that matches counts, for an object and for a field of it. */
export function driftOf(
  object: KubeObject,
  policy: DriftPolicy | undefined,
): ObjectDrift {
  if (!policy) return CORRECT;
  const result: ObjectDrift = { mode: policy.mode, fields: [] };
  for (const { target, paths, drift } of policy.rules) {
    if (!matches(object, target ?? {})) continue;
    if (!paths) {
      result.mode = drift;
      result.fields = [];
      continue;
    }
    for (const pointer of paths) {
      result.fields = result.fields.filter((f) => f.pointer !== pointer);
      result.fields.push({ pointer, mode: drift });
    }
  }
  return result;
}

/**
 * Whether an object has to tell by itself what was applied last: some of its
 * fields are put back by a commit that changes it only.
 */
export function keepsApplied({ mode, fields }: ObjectDrift): boolean {
  return mode !== "correct" || fields.some((f) => f.mode === "report");
}

/** Fields that are in one of two states of an object, by what becomes of their drift. */
export function driftFields(
  { fields }: ObjectDrift,
  objects: readonly unknown[],
): Record<DriftMode, Pointer[]> {
  const result: Record<DriftMode, Pointer[]> = {
    correct: [],
    report: [],
    ignore: [],
  };
  for (const { pointer, mode } of fields) {
    result[mode].push(...expandPointer(pointer, objects));
  }
  return result;
}

function matches(
  { apiVersion, kind, metadata }: KubeObject,
  target: DriftPolicy["rules"][number]["target"] & object,
): boolean {
  const group = apiVersion.includes("/") ? apiVersion.split("/")[0]! : "";
  return (target.group === undefined || target.group === group) &&
    (target.kind === undefined || target.kind === kind) &&
    (target.name === undefined || glob(target.name).test(metadata.name));
}

function glob(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) =>
    part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
  );
  return new RegExp(`^${parts.join(".*")}$`);
}
