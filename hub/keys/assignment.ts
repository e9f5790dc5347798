/**
 * The hub's signed orders to devices.
 *
 * @module
 */
import type { Agent, Assignment } from "../../api/agent.ts";
import { assignmentClaim, ClaimType } from "../../api/protocol/claims.ts";
import type { HubKeys } from "./hub_keys.ts";

/** Signs what `agent`'s device is to do. */
export async function signAssignment(
  keys: HubKeys,
  agent: Agent,
  order: Pick<Assignment, "revision" | "counter" | "commit" | "time">,
): Promise<Assignment> {
  const { name, namespace, uid } = agent.metadata;
  const assignment: Omit<Assignment, "signature"> = {
    agentUID: uid!,
    revision: order.revision,
    counter: order.counter,
    ...(order.commit === undefined ? {} : { commit: order.commit }),
    signer: keys.current,
    time: order.time,
  };
  const claim = assignmentClaim(assignment, {
    namespace: namespace!,
    agent: name,
  });
  const signature = await keys.sign(claim, ClaimType.assignment);
  return { ...assignment, signature };
}

/** The assignment in an Agent's status, where the hub did sign it for this Agent. */
export async function verifyAssignment(
  keys: HubKeys,
  agent: Agent,
): Promise<Assignment | undefined> {
  const assignment = agent.status?.assignment;
  if (!assignment?.signature) return undefined;
  const { name, namespace, uid } = agent.metadata;
  if (assignment.agentUID !== uid) return undefined;
  const claim = assignmentClaim(assignment, {
    namespace: namespace!,
    agent: name,
  });
  const { signature } = assignment;
  return await keys.verify(signature, { claim, typ: ClaimType.assignment })
    ? assignment
    : undefined;
}

/** How far a device's counter may be ahead of the hub's clock: ten years, in milliseconds. */
const MAX_AHEAD = 10 * 365 * 24 * 3600 * 1000;

/**
 * The counter of the next assignment: above all that the device may have seen,
 * even where the status was lost or tampered with.
 */
export function nextCounter(
  seen: { now: number; verified?: number; reported?: number },
): number {
  const { now, verified = 0, reported = 0 } = seen;
  // A device's word must not use up the numbers that its successors need.
  const credible = reported < now + MAX_AHEAD ? reported : 0;
  return Math.max(now, verified + 1, credible + 1);
}
