import { Agent } from "../../api/agent.ts";
import { Enrollment } from "../../api/enrollment.ts";
import { Registration } from "../../api/registration.ts";
import { getCondition } from "../../kube/conditions.ts";
import { keyOf, type Result, runController } from "../../kube/reconciler.ts";
import type { HubContext } from "./context.ts";
import { isDenied } from "./ownership.ts";

/** How many Enrollments stay that became no Agent, and for how long. */
export interface EnrollmentLimits {
  /** Time for those that are not what they say, in milliseconds: long enough to see why. @default an hour */
  refused: number;
  /** Time for those that wait, in milliseconds. A device that is still there asks again. @default a week */
  waiting: number;
  /** Most that wait by one Registration, and most that are refused in one workspace; later ones go at once. @default {500} */
  perRegistration: number;
}

const HOUR = 3_600_000;
const LIMITS: EnrollmentLimits = {
  refused: HOUR,
  waiting: 7 * 24 * HOUR,
  perRegistration: 500,
};

/** Reasons of those that no person's word could let in. */
const REFUSED = new Set([
  "InvalidProof",
  "InvalidJoinProof",
  "RegistrationNotFound",
  "RegistrationExpired",
]);

/**
 * Deletes Enrollments that never became an Agent, so that a join token in the
 * wrong hands cannot fill the API. What a device is or was, and what a person
 * has decided, stays for as long as its Registration does.
 */
export function runEnrollmentGC(
  context: HubContext,
  options: Partial<EnrollmentLimits> = {},
): Promise<void> {
  const limits = { ...LIMITS, ...options };
  const { client, clock, informers, log, signal } = context;
  const informer = informers.get<Enrollment>(Enrollment);
  const registrations = informers.get<Registration>(Registration);
  const agents = informers.get<Agent>(Agent);

  function isAgent({ metadata, spec, status }: Enrollment): boolean {
    const agent = agents.get(metadata.namespace, spec.agent);
    return !!agent && agent.metadata.uid === status?.agentUID;
  }

  /** Those that count together: that wait by the same Registration, or are refused, whatever Registration they name. */
  function allLike(enrollment: Enrollment): Enrollment[] {
    const { metadata, spec } = enrollment;
    const refused = isRefused(enrollment);
    return informer.list(metadata.namespace).filter((other) =>
      (refused || other.spec.registration === spec.registration) &&
      isOpen(other) && isRefused(other) === refused
    );
  }

  /** Those that are more than may be, the latest ones. */
  function tooMany(enrollment: Enrollment): Enrollment[] {
    const all = allLike(enrollment);
    if (all.length <= limits.perRegistration) return [];
    return all.map((other) => ({ other, order: orderOf(other) }))
      .sort((a, b) => a.order < b.order ? -1 : 1)
      .slice(limits.perRegistration).map(({ other }) => other);
  }

  function isTooMany(enrollment: Enrollment): boolean {
    const order = orderOf(enrollment);
    const before = allLike(enrollment)
      .filter((other) => orderOf(other) < order);
    return before.length >= limits.perRegistration;
  }

  function timeLeft(enrollment: Enrollment): number | undefined {
    const { metadata, spec } = enrollment;
    if (isAgent(enrollment)) return undefined;
    const age = clock.now() - Date.parse(metadata.creationTimestamp!);
    if (!isOpen(enrollment)) {
      // Without its Registration it could not come back anyhow.
      return registrations.get(metadata.namespace, spec.registration)
        ? undefined
        : limits.waiting - age;
    }
    const reason = reasonOf(enrollment);
    if (reason === undefined) return undefined; // nobody has looked at it yet
    if (isTooMany(enrollment)) return 0;
    return (isRefused(enrollment) ? limits.refused : limits.waiting) - age;
  }

  /** Whether the server itself has neither the Agent that it is nor the Registration that it could come back by. */
  async function isOrphan(
    { metadata, spec, status }: Enrollment,
  ): Promise<boolean> {
    const scope = { namespace: metadata.namespace, signal };
    const agent = await client.tryGet<Agent>(Agent, spec.agent, scope);
    const isAgent = agent && agent.metadata.uid === status?.agentUID;
    return !isAgent &&
      !await client.tryGet(Registration, spec.registration, scope);
  }

  return runController({
    ...context,
    name: "enrollment-gc",
    // Whoever makes too many has several connections, too.
    concurrency: 8,
    reconcile: async ({ namespace, name }): Promise<Result> => {
      const enrollment = informer.get(namespace, name);
      if (!enrollment || enrollment.metadata.deletionTimestamp) return;
      const left = timeLeft(enrollment);
      if (left === undefined) return;
      if (left > 0) return { requeueAfter: left };
      // What the informers miss may merely be out of their sight for a while.
      if (!isOpen(enrollment) && !await isOrphan(enrollment)) return;
      await client.delete(Enrollment, name, {
        namespace,
        uid: enrollment.metadata.uid,
        ignoreNotFound: true,
        signal,
      });
      log.info("Deleted an Enrollment that became no Agent", {
        namespace,
        enrollment: name,
        registration: enrollment.spec.registration,
        reason: reasonOf(enrollment),
      });
    },
    sources: [
      {
        informer,
        // A new one can come before others: within a second their names decide.
        keys: (enrollment) =>
          isOpen(enrollment)
            ? [enrollment, ...tooMany(enrollment)].map(keyOf)
            : [keyOf(enrollment)],
      },
      {
        informer: registrations,
        keys: ({ metadata }) =>
          informer.list(metadata.namespace)
            .filter((e) => e.spec.registration === metadata.name)
            .map(keyOf),
        filter: ({ type }) => type === "deleted",
      },
    ],
  });
}

function reasonOf({ status }: Enrollment): string | undefined {
  return getCondition(status?.conditions, "Ready")?.reason;
}

function isRefused(enrollment: Enrollment): boolean {
  return REFUSED.has(reasonOf(enrollment) ?? "");
}

function orderOf({ metadata }: Enrollment): string {
  return `${metadata.creationTimestamp} ${metadata.name}`;
}

/** Whether a device has been let in by nobody yet, nor turned away. */
function isOpen(enrollment: Enrollment): boolean {
  const { agentUID, conditions } = enrollment.status ?? {};
  return agentUID === undefined && !isDenied(enrollment) &&
    // Also one that was taken back: a person has decided.
    !getCondition(conditions, "Approved");
}
