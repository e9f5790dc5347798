import type { Condition } from "../api/meta.ts";

/** A condition as one states it: the time of its last change is found out. */
export type ConditionInput = Omit<Condition, "lastTransitionTime">;

/** Moment of a change: a Date, or milliseconds since 1970. */
export type Moment = Date | number;

/** `metav1.Time`: RFC 3339 in UTC, whole seconds. */
export function formatTime(moment: Moment): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, "Z");
}

/** `metav1.MicroTime`: RFC 3339 in UTC, with exactly six decimals. */
export function formatMicroTime(moment: Moment): string {
  return new Date(moment).toISOString().replace(/Z$/, "000Z");
}

/**
 * The conditions with one of them set.
 *
 * `lastTransitionTime` moves only when `status` changes. The order is kept.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  condition: ConditionInput,
  now: Moment = Date.now(),
): Condition[] {
  const old = getCondition(conditions, condition.type);
  const next: Condition = {
    ...condition,
    lastTransitionTime: old?.status === condition.status
      ? old.lastTransitionTime
      : formatTime(now),
  };
  if (next.observedGeneration === undefined) delete next.observedGeneration;
  return old
    ? conditions!.map((c) => c === old ? next : c)
    : [...conditions ?? [], next];
}

/** The condition of a type. */
export function getCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((c) => c.type === type);
}

/** The conditions without those of the types. */
export function removeCondition(
  conditions: readonly Condition[] | undefined,
  ...types: string[]
): Condition[] {
  return (conditions ?? []).filter((c) => !types.includes(c.type));
}

/** Whether the condition of a type is there and True. */
export function isTrue(
  conditions: readonly Condition[] | undefined,
  type: string,
): boolean {
  return getCondition(conditions, type)?.status === "True";
}

/** What {@linkcode markReady} and its like say. */
export interface Mark {
  /** CamelCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
  /** `metadata.generation` that this was said of. */
  observedGeneration?: number;
}

/**
 * It is as it ought to be: `Ready` is True; neither `Reconciling` nor
 * `Stalled` stands.
 *
 * These three follow kstatus, where `Reconciling` and `Stalled` stand only
 * while they are True:
 * https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
 */
export function markReady(
  conditions: readonly Condition[] | undefined,
  mark: Mark,
  now: Moment = Date.now(),
): Condition[] {
  return setCondition(
    removeCondition(conditions, "Reconciling", "Stalled"),
    { type: "Ready", status: "True", ...mark },
    now,
  );
}

/**
 * It is on its way, or will be tried again: `Reconciling` is True, and `Ready`
 * False (or Unknown where `ready` says so).
 */
export function markReconciling(
  conditions: readonly Condition[] | undefined,
  mark: Mark & { ready?: "False" | "Unknown" },
  now: Moment = Date.now(),
): Condition[] {
  const { ready = "False", ...rest } = mark;
  const kept = removeCondition(conditions, "Stalled");
  return setCondition(
    setCondition(kept, { type: "Ready", status: ready, ...rest }, now),
    { type: "Reconciling", status: "True", ...rest },
    now,
  );
}

/**
 * It does not get on until somebody changes something: `Stalled` is True and
 * `Ready` False.
 */
export function markStalled(
  conditions: readonly Condition[] | undefined,
  mark: Mark,
  now: Moment = Date.now(),
): Condition[] {
  const kept = removeCondition(conditions, "Reconciling");
  return setCondition(
    setCondition(kept, { type: "Ready", status: "False", ...mark }, now),
    { type: "Stalled", status: "True", ...mark },
    now,
  );
}
