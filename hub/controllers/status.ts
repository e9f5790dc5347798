/**
 * How the hub tells of an object's state in its status.
 *
 * @module
 */
import type { Resource } from "../../api/kind.ts";
import type { Condition, KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import {
  type ConditionInput,
  getCondition,
  markReady,
  markReconciling,
  markStalled,
  setCondition,
} from "../../kube/conditions.ts";
import { applyStatus } from "../../kube/status.ts";
import type { HubContext } from "./context.ts";

/** How a reconcile came out. */
export interface Outcome {
  /** Accepted; on its way; or stuck until somebody changes something. */
  state: "ready" | "reconciling" | "stalled";
  /** CamelCase, for programs. */
  reason: string;
  /** For people. */
  message: string;
}

/** What {@linkcode writeStatus} writes. */
export interface HubStatus {
  outcome: Outcome;
  /** Conditions beyond those of the outcome. */
  conditions?: Omit<ConditionInput, "observedGeneration">[];
  /** Fields beside `conditions` and `observedGeneration`. */
  fields?: Record<string, unknown>;
  /** @default the hub's */
  fieldManager?: string;
  /** Write only where nobody has written since the object was read. @default {false} */
  ifUnchanged?: boolean;
}

const MARK = {
  ready: markReady,
  reconciling: markReconciling,
  stalled: markStalled,
};

/** Applies the hub's part of a status; nothing is sent where it says so already. */
export async function writeStatus<T extends KubeObject>(
  context: HubContext,
  resource: Resource,
  object: T,
  status: HubStatus,
): Promise<T> {
  const { outcome, fields, fieldManager = HUB_MANAGER, ifUnchanged } = status;
  const { generation: observedGeneration } = object.metadata;
  const now = context.clock.now();
  const { state, reason, message } = outcome;
  const before = (object as { status?: { conditions?: Condition[] } }).status
    ?.conditions;
  const all = MARK[state](
    before,
    { reason, message, observedGeneration },
    now,
  );
  const said = ["Ready", "Reconciling", "Stalled"];
  const conditions = all.filter((c) => said.includes(c.type));
  for (const condition of status.conditions ?? []) {
    conditions.push(stated(before, { ...condition, observedGeneration }, now));
  }
  return await applyStatus(context.client, resource, object, {
    observedGeneration,
    ...fields,
    conditions,
  }, {
    fieldManager,
    signal: context.signal,
    ...(ifUnchanged ? { ifUnchanged } : {}),
  });
}

/** A condition with the time of its last change. */
export function stated(
  before: readonly Condition[] | undefined,
  condition: ConditionInput,
  now: number,
): Condition {
  return getCondition(
    setCondition(before, condition, now),
    condition.type,
  )!;
}
