/**
 * Which key owns which Agent.
 *
 * @module
 */
import type { Agent } from "../../api/agent.ts";
import type { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Informer } from "../../kube/informer.ts";
import { isTrue } from "../../kube/conditions.ts";

/**
 * Answers which Enrollment owns an Agent: that whose status names the Agent's
 * uid. Only the hub writes that; the Agent's own status, which its device may
 * write too, decides nothing.
 *
 * What the hub has just decided counts before its informer has heard of it.
 */
export class Ownership {
  readonly #enrollments: Informer<Enrollment>;
  /** Agent → names of the Enrollments that ask for it. */
  readonly #byAgent = new Map<string, Set<string>>();
  /** Agent → the decision of a moment ago: the owner, or null where there is none. */
  readonly #decided = new Map<string, { uid: string; owner: string | null }>();

  constructor(enrollments: Informer<Enrollment>) {
    this.#enrollments = enrollments;
    enrollments.on(({ type, object }) => {
      const { namespace, name } = object.metadata;
      const key = keyOf(namespace, object.spec.agent);
      const names = this.#byAgent.get(key) ?? new Set();
      if (type === "deleted") {
        names.delete(name);
        if (this.#decided.get(key)?.owner === name) this.#decided.delete(key);
      } else names.add(name);
      if (names.size) this.#byAgent.set(key, names);
      else this.#byAgent.delete(key);
      this.#settle(key, { namespace, name: object.spec.agent });
    });
  }

  /** Forgets a decision once the informer shows it. */
  #settle(key: string, agent: { namespace?: string; name: string }): void {
    const decided = this.#decided.get(key);
    if (!decided) return;
    const shown = this.claimants(agent)
      .filter((e) => e.status?.agentUID === decided.uid)
      .map((e) => e.metadata.name);
    const expected = decided.owner === null ? [] : [decided.owner];
    if (shown.join() === expected.join()) this.#decided.delete(key);
  }

  /** All Enrollments that ask for an Agent's name. */
  claimants(agent: { namespace?: string; name: string }): Enrollment[] {
    const names = this.#byAgent.get(keyOf(agent.namespace, agent.name)) ?? [];
    return [...names].flatMap((name) =>
      this.#enrollments.get(agent.namespace, name) ?? []
    );
  }

  /** Name of the Enrollment that owns an Agent. */
  ownerOf(agent: Agent): string | undefined {
    const { namespace, name, uid } = agent.metadata;
    const decided = this.#decided.get(keyOf(namespace, name));
    if (decided?.uid === uid) return decided!.owner ?? undefined;
    return this.claimants({ namespace, name }).find((enrollment) =>
      enrollment.status?.agentUID === uid && !isDenied(enrollment)
    )?.metadata.name;
  }

  /** Notes a decision that is about to be written: who owns an Agent, or that nobody does. */
  decide(agent: KubeObject, owner: string | null): void {
    const { namespace, name, uid } = agent.metadata;
    this.#decided.set(keyOf(namespace, name), { uid: uid!, owner });
  }
}

/** Whether a person has refused the device. */
export function isDenied(enrollment: Enrollment): boolean {
  return isTrue(enrollment.status?.conditions, "Denied");
}

/** Whether a person has approved the device. */
export function isApproved(enrollment: Enrollment): boolean {
  return isTrue(enrollment.status?.conditions, "Approved");
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace}/${name}`;
}
