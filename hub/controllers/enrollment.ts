import { Agent } from "../../api/agent.ts";
import { Secret, ServiceAccount } from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { Registration } from "../../api/registration.ts";
import { Workspace } from "../../api/workspace.ts";
import { type ConditionInput, getCondition } from "../../kube/conditions.ts";
import { isAlreadyExists } from "../../kube/kube_api_error.ts";
import {
  type Key,
  keyOf,
  type Result,
  runController,
} from "../../kube/reconciler.ts";
import { isSealed } from "../keys/credential.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import { claimProblem, holdsToken } from "./enrollment_claim.ts";
import {
  AccountNotReady,
  deviceAccount,
  issueCredential,
} from "./issue_credential.ts";
import { joinTokens } from "./join_secret.ts";
import { keysSource } from "./keys_source.ts";
import { childName, managedInformer } from "./managed.ts";
import { isApproved, isDenied, type Ownership } from "./ownership.ts";
import { registrationEnd } from "./registration.ts";
import { type Outcome, writeStatus } from "./status.ts";

/** Reason of an Enrollment whose Agent is gone. */
const AGENT_DELETED = "AgentDeleted";
/** Reason of the condition that takes back an approval which has been overruled. */
const SUPERSEDED = "Superseded";

/** Admits devices: checks what they send, gives each its Agent and its credential. */
export function runEnrollmentController(
  context: HubContext,
  ownership: Ownership,
): Promise<void> {
  const informer = context.informers.get<Enrollment>(Enrollment);
  const admission = new Admission(context, ownership);
  const waiting = (e: Enrollment) => !e.status?.credential;
  const claimants = (agent: { namespace?: string; name: string }): Key[] =>
    ownership.claimants(agent).map(keyOf);
  return runController({
    ...context,
    name: "enrollment",
    concurrency: 8,
    reconcile: async ({ namespace, name }) => {
      const enrollment = informer.get(namespace, name);
      if (!enrollment || enrollment.metadata.deletionTimestamp) return;
      if (!readyWorkspace(context, enrollment)) return;
      return await admission.reconcile(enrollment);
    },
    sources: [
      {
        informer,
        // Whoever else asks for the same Agent may be next, or be so no more.
        keys: ({ metadata, spec }) => [
          { namespace: metadata.namespace, name: metadata.name },
          ...claimants({ namespace: metadata.namespace, name: spec.agent }),
        ],
      },
      {
        informer: context.informers.get<Agent>(Agent),
        keys: ({ metadata }) => claimants(metadata),
        // Its device's reports change nothing here.
        filter: ({ type, object, old }) =>
          type !== "updated" ||
          object.metadata.uid !== old?.metadata.uid ||
          !!object.metadata.deletionTimestamp,
      },
      {
        informer: managedInformer(context, ServiceAccount),
        keys: ({ metadata }: KubeObject) =>
          (metadata.ownerReferences ?? []).filter((o) => o.kind === "Agent")
            .flatMap(({ name }) =>
              claimants({ namespace: metadata.namespace, name })
            ),
      },
      {
        informer: context.informers.get<Registration>(Registration),
        keys: ({ metadata }) =>
          informer.list(metadata.namespace).filter((e) =>
            waiting(e) && e.spec.registration === metadata.name
          ).map(keyOf),
      },
      // A credential that nobody can check any more has to be signed anew.
      keysSource(context.keys, informer),
      {
        informer: context.informers.get<Workspace>(Workspace),
        keys: ({ metadata }) =>
          informer.list(metadata.name).filter(waiting).map(keyOf),
        filter: ({ object, old }) =>
          object.status?.phase !== old?.status?.phase,
      },
    ],
  });
}

class Admission {
  readonly #context: HubContext;
  readonly #ownership: Ownership;
  /** Admitted by this process; the informer may not have heard of it yet. */
  readonly #admitted = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: HubContext, ownership: Ownership) {
    this.#context = context;
    this.#ownership = ownership;
  }

  async reconcile(enrollment: Enrollment): Promise<Result> {
    const problem = await claimProblem(enrollment);
    if (problem) {
      return await this.#refuse(enrollment, {
        state: "stalled",
        reason: "InvalidProof",
        message: `Cannot enrol: ${problem}`,
      });
    }
    const { namespace } = enrollment.metadata;
    let agent = this.#context.informers.get<Agent>(Agent)
      .get(namespace, enrollment.spec.agent);
    const bound = enrollment.status?.agentUID;
    if (bound && agent?.metadata.uid !== bound) {
      // Only the server knows whether it is gone, or new to us.
      agent = await this.#context.client.tryGet<Agent>(
        Agent,
        enrollment.spec.agent,
        { namespace, signal: this.#context.signal },
      );
      // A device must not bring back an Agent that was deleted; Git or a person may.
      if (!agent && !isReadmitted(enrollment)) {
        return await this.#retire(enrollment);
      }
    }
    if (bound && agent?.metadata.deletionTimestamp) {
      return await this.#retire(enrollment);
    }
    if (isDenied(enrollment)) return await this.#deny(enrollment, agent);
    if (agent && this.#owns(enrollment, agent)) {
      return await this.#equip(enrollment, agent);
    }
    // One at a time, so that a name has one first claimant and maxAgents holds.
    const turn = this.#last.then(() => this.#admit(enrollment));
    this.#last = turn.catch(() => {});
    return await turn;
  }

  /** Whether the device is an Agent that exists. */
  #isAgent({ metadata, spec, status }: Enrollment): boolean {
    const agent = this.#context.informers.get<Agent>(Agent)
      .get(metadata.namespace, spec.agent);
    return !!agent && agent.metadata.uid === status?.agentUID;
  }

  #owns(enrollment: Enrollment, agent: Agent): boolean {
    return this.#ownership.ownerOf(agent) === enrollment.metadata.name;
  }

  /** Tells a device that its Agent is gone, and keeps its key from coming back by itself. */
  async #retire(enrollment: Enrollment): Promise<Result> {
    const { namespace } = enrollment.metadata;
    const { agent } = enrollment.spec;
    this.#admitted.delete(id(enrollment));
    return await this.#say(enrollment, {
      outcome: {
        state: "stalled",
        reason: AGENT_DELETED,
        message:
          `Agent ${agent}, which this device was, has been deleted; to let it be that again, declare the Agent, or: kubectl faros agent approve ${agent} -n ${namespace}`,
      },
      fields: { agentUID: enrollment.status?.agentUID },
      withdraw: isApproved(enrollment),
    });
  }

  async #deny(
    enrollment: Enrollment,
    agent: Agent | undefined,
  ): Promise<Result> {
    if (agent && enrollment.status?.agentUID === agent.metadata.uid) {
      await this.#revoke(agent);
    }
    const denied = getCondition(enrollment.status?.conditions, "Denied");
    return await this.#refuse(enrollment, {
      state: "stalled",
      reason: "Denied",
      message: `A person has denied it${
        denied?.message ? `: ${denied.message}` : ""
      }`,
    });
  }

  async #admit(enrollment: Enrollment): Promise<Result> {
    const { client, signal } = this.#context;
    const { namespace } = enrollment.metadata;
    const scope = { namespace, signal };
    const { agent: name } = enrollment.spec;
    let agent = await client.tryGet<Agent>(Agent, name, scope);
    if (agent && this.#owns(enrollment, agent)) {
      return await this.#equip(enrollment, agent);
    }
    if (agent?.metadata.deletionTimestamp) {
      await this.#refuse(enrollment, {
        state: "reconciling",
        reason: "AgentTerminating",
        message: `Agent ${name} is being deleted`,
      });
      return { requeueAfter: 2000 };
    }
    const owner = agent && this.#ownership.ownerOf(agent);
    const registration = await this.#admissible(enrollment, { agent, owner });
    if ("reason" in registration) {
      this.#admitted.delete(id(enrollment));
      // Of an Agent that is gone, never of this one: that would make it the owner.
      const { agentUID } = enrollment.status ?? {};
      const retired = agentUID !== undefined &&
        agentUID !== agent?.metadata.uid;
      return await this.#say(enrollment, {
        outcome: registration,
        fields: retired ? { agentUID } : undefined,
      });
    }
    agent ??= await this.#createAgent(enrollment, registration);
    if (owner) await this.#supersede(agent, { owner, by: enrollment });
    this.#ownership.decide(agent, enrollment.metadata.name);
    this.#admitted.add(id(enrollment));
    return await this.#equip(enrollment, agent);
  }

  /** The Registration by which a device may become an Agent now, or why it may not. */
  async #admissible(
    enrollment: Enrollment,
    { agent, owner }: { agent?: Agent; owner?: string },
  ): Promise<Registration | Outcome> {
    const { informers, clock } = this.#context;
    const { namespace, name } = enrollment.metadata;
    const { agent: wanted, registration: by } = enrollment.spec;
    const registration = informers.get<Registration>(Registration)
      .get(namespace, by);
    if (!registration || registration.metadata.deletionTimestamp) {
      return {
        state: "stalled",
        reason: "RegistrationNotFound",
        message: `Registration ${by} is not there`,
      };
    }
    const end = registrationEnd(registration);
    if (end !== undefined && end <= clock.now()) {
      return {
        state: "stalled",
        reason: "RegistrationExpired",
        message: `Registration ${by} ended at ${new Date(end).toISOString()}`,
      };
    }
    // One that was this Agent before proved it then; the join token may have been renewed since.
    const returns = !owner && enrollment.status?.agentUID !== undefined;
    if (
      !returns &&
      !await holdsToken(enrollment, await this.#tokens(registration))
    ) {
      return {
        state: "stalled",
        reason: "InvalidJoinProof",
        message:
          `Its joinProof was not made with a join token of Registration ${by}`,
      };
    }
    const manual = registration.spec?.approval === "Manual";
    if (!isApproved(enrollment) && (owner || manual)) {
      return {
        state: "stalled",
        reason: "AwaitingApproval",
        message: `${
          owner
            ? `Agent ${wanted} belongs to another key, ${short(owner)}`
            : `Registration ${by} wants a person's approval`
        }; to let key ${
          short(name)
        } be it: kubectl faros agent approve ${wanted} -n ${namespace}`,
      };
    }
    const { maxAgents } = registration.spec ?? {};
    const others = informers.get<Enrollment>(Enrollment).list(namespace)
      .filter((e) =>
        e.spec.registration === by && e.metadata.name !== owner &&
        e.metadata.name !== name &&
        (this.#isAgent(e) || this.#admitted.has(id(e)))
      ).length;
    if (maxAgents !== undefined && others >= maxAgents) {
      return {
        state: "stalled",
        reason: "MaxAgentsReached",
        message:
          `Registration ${by} is for ${maxAgents} devices, and that many have enrolled; raise its maxAgents or delete an Agent${
            agent ? "" : ` to let ${wanted} in`
          }`,
      };
    }
    return registration;
  }

  async #tokens(registration: Registration): Promise<string[]> {
    const { client, clock, signal } = this.#context;
    const { namespace, name } = registration.metadata;
    const secret = await client.tryGet<SecretObject>(
      Secret,
      await childName("join-", name),
      { namespace, signal },
    );
    return secret ? joinTokens(secret, clock.now()) : [];
  }

  async #createAgent(
    enrollment: Enrollment,
    registration: Registration,
  ): Promise<Agent> {
    const { client, signal } = this.#context;
    const { namespace } = enrollment.metadata;
    const { agent: name } = enrollment.spec;
    const { labels, plugins } = registration.spec?.agentTemplate ?? {};
    try {
      return await client.create<Agent>(Agent, {
        apiVersion: Agent.apiVersion,
        kind: Agent.kind,
        metadata: { name, namespace, ...(labels ? { labels } : {}) },
        spec: plugins ? { plugins } : {},
      }, { fieldManager: HUB_MANAGER, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // Git was quicker.
      return await client.get<Agent>(Agent, name, { namespace, signal });
    }
  }

  /** Takes an Agent from the device that was it, since a person approved another. */
  async #supersede(
    agent: Agent,
    { owner, by }: { owner: string; by: Enrollment },
  ): Promise<void> {
    const { client, signal } = this.#context;
    const { namespace, name } = agent.metadata;
    const old = await client.tryGet<Enrollment>(Enrollment, owner, {
      namespace,
      signal,
    });
    if (old) {
      await this.#refuse(old, {
        state: "stalled",
        reason: SUPERSEDED,
        message: `A person has approved key ${
          short(by.metadata.name)
        } for Agent ${name}`,
      }, isApproved(old));
    }
    await this.#revoke(agent);
  }

  /** Ends all tokens of the device that is an Agent: they die with their ServiceAccount. */
  async #revoke(agent: Agent): Promise<void> {
    const { client, signal } = this.#context;
    const { namespace, name } = agent.metadata;
    this.#ownership.decide(agent, null);
    await client.delete(ServiceAccount, deviceAccount(name), {
      namespace,
      ignoreNotFound: true,
      signal,
    });
  }

  /** Gives the device that is an Agent its credential, once. */
  async #equip(enrollment: Enrollment, agent: Agent): Promise<Result> {
    const { client, signal } = this.#context;
    const { namespace, name } = enrollment.metadata;
    const { uid } = agent.metadata;
    // Who else may write the status may have been quicker than the hub.
    const holds = async (e: Enrollment) =>
      e.status?.agentUID === uid && await isSealed(this.#context.keys, e);
    const fresh = await holds(enrollment)
      ? enrollment
      : await client.tryGet<Enrollment>(Enrollment, name, {
        namespace,
        signal,
      });
    if (!fresh) return;
    const before = await holds(fresh) ? fresh.status?.credential : undefined;
    let credential = before;
    let waits = false;
    try {
      credential ??= await issueCredential(this.#context, agent, fresh);
    } catch (error) {
      if (!(error instanceof AccountNotReady)) throw error;
      waits = true; // for its ServiceAccount, whose event brings us back
    }
    await this.#say(fresh, {
      outcome: waits
        ? {
          state: "reconciling",
          reason: "Enrolling",
          message: `Making the ServiceAccount of Agent ${agent.metadata.name}`,
        }
        : {
          state: "ready",
          reason: "Enrolled",
          message: `It is Agent ${agent.metadata.name}`,
        },
      fields: { agentUID: uid, ...(credential ? { credential } : {}) },
      // While it was made this hub may have stood still, and another have led.
      ifUnchanged: !before && credential !== undefined,
    });
    return waits ? { requeueAfter: 1000 } : undefined;
  }

  /** Tells why the device has no credential. */
  async #refuse(
    enrollment: Enrollment,
    outcome: Outcome,
    withdraw = false,
  ): Promise<undefined> {
    this.#admitted.delete(id(enrollment));
    await this.#say(enrollment, { outcome, withdraw });
  }

  async #say(
    enrollment: Enrollment,
    said: {
      outcome: Outcome;
      fields?: Record<string, unknown>;
      /** Take back a person's approval, since a later one overruled it. */
      withdraw?: boolean;
      /** Only where nobody has written since it was read. */
      ifUnchanged?: boolean;
    },
  ): Promise<undefined> {
    const { outcome, fields, withdraw, ifUnchanged = false } = said;
    const approval = getCondition(enrollment.status?.conditions, "Approved");
    const conditions: ConditionInput[] = [];
    // Once said it has to be said until a person says otherwise: the rest of
    // that condition is theirs, and would be left half.
    if (withdraw || approval?.reason === SUPERSEDED) {
      const { reason, message } = outcome;
      conditions.push({
        type: "Approved",
        status: "False",
        reason: SUPERSEDED,
        message: withdraw ? `${reason}: ${message}` : approval!.message,
      });
    }
    await writeStatus(this.#context, Enrollment, enrollment, {
      outcome,
      conditions,
      fields,
      // A person may say otherwise meanwhile, and theirs is the last word.
      ifUnchanged: ifUnchanged || conditions.length > 0,
    });
  }
}

/** Whether a person let the device in again since its Agent was deleted. */
function isReadmitted(enrollment: Enrollment): boolean {
  const ready = getCondition(enrollment.status?.conditions, "Ready");
  return ready?.reason === AGENT_DELETED && isApproved(enrollment);
}

function id({ metadata }: Enrollment): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Enough of a key's id for people to tell it from others. */
function short(keyId: string): string {
  return keyId.slice(0, 12);
}
