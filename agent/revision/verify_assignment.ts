import { type Agent, Assignment } from "../../api/agent.ts";
import { assignmentClaim, ClaimType } from "../../api/protocol/claims.ts";
import { type HubTrust, SignatureError } from "../identity/hub_trust.ts";

/** An assignment that the device does not follow, and which check it failed. */
export class AssignmentRejected extends Error {
  override name = "AssignmentRejected";
}

/** What an assignment is checked against. */
export interface AssignmentChecks {
  trust: HubTrust;
  /** This device's own, as its credential says. */
  /** `namespace` is the name of the workspace. */
  self: { namespace: string; agent: string; agentUID: string };
  /** The assignment that was accepted last. */
  last?: Assignment;
}

/**
 * Checks an order to this device.
 *
 * @returns The assignment; undefined where it is the last one again.
 * @throws AssignmentRejected
 */
export async function verifyAssignment(
  value: unknown,
  { trust, self, last }: AssignmentChecks,
): Promise<Assignment | undefined> {
  const reject = (why: string) => {
    throw new AssignmentRejected(`The assignment is ignored: ${why}`);
  };
  const parsed = Assignment.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return reject(`${issue.path.join(".")}: ${issue.message}`);
  }
  const assignment = parsed.data;
  const { signature, ...fields } = assignment;
  // Of who it is for, only what the device itself knows goes into the claim: a copy for another one fails here.
  const claim = assignmentClaim(fields, {
    namespace: self.namespace,
    agent: self.agent,
  });
  if (assignment.agentUID !== self.agentUID) {
    reject(
      `it is for agent UID ${assignment.agentUID}, this one is ${self.agentUID}`,
    );
  }
  try {
    await trust.verify(signature, claim, ClaimType.assignment);
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    reject(error.message);
  }
  // Another Agent object of the same name counts anew.
  if (!last || last.agentUID !== assignment.agentUID) return assignment;
  if (assignment.counter > last.counter) return assignment;
  const same = assignment.counter === last.counter &&
    assignment.revision === last.revision;
  if (same) return undefined;
  return reject(
    `its counter ${assignment.counter} does not grow: the device acts on ${last.counter}`,
  );
}

/** The assignment in an Agent's status. */
export function assignmentOf(agent: Agent): unknown {
  return agent.status?.assignment;
}
