import { Agent, type Assignment } from "../../api/agent.ts";
import { Lease } from "../../api/core.ts";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin } from "../../api/plugin.ts";
import { Revision } from "../../api/revision.ts";
import { Workspace } from "../../api/workspace.ts";
import { revisionName } from "../../api/protocol/claims.ts";
import type { InformerEvent } from "../../kube/informer.ts";
import { deepEqual } from "../../kube/owned_fields.ts";
import {
  type Key,
  keyOf,
  type Result,
  runController,
} from "../../kube/reconciler.ts";
import {
  nextCounter,
  signAssignment,
  verifyAssignment,
} from "../keys/assignment.ts";
import { newestCommit } from "../resolve/commit.ts";
import { Problem } from "../resolve/problem.ts";
import { resolve, type Resolved } from "../resolve/resolve.ts";
import {
  agentInputs,
  dependency,
  pluginObjectInformers,
  secretInformer,
} from "./agent_inputs.ts";
import { Arriving } from "./arriving.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import { Dependencies } from "./dependencies.ts";
import {
  ACCESS_RESOURCES,
  type DeviceGrant,
  grantAccess,
  revokeAccess,
} from "./device_access.ts";
import { keysSource } from "./keys_source.ts";
import { managedInformer, ownersOf } from "./managed.ts";
import { isDenied, type Ownership } from "./ownership.ts";
import { type NamedRevision, RevisionPublisher } from "./revision_publisher.ts";
import type { RevisionUse } from "./revision_use.ts";
import { Settling } from "./settling.ts";
import { type Outcome, writeStatus } from "./status.ts";
import { isOtherwiseSuspended, suspendedUntil } from "./suspension.ts";

/** What the Agent controller shares with others. */
export interface AgentControllerOptions {
  ownership: Ownership;
  revisions: RevisionUse;
}

/** Decides what each Agent's device is to run, and orders it by a signed assignment. */
export function runAgentController(
  context: HubContext,
  options: AgentControllerOptions,
): Promise<void> {
  const informer = context.informers.get<Agent>(Agent);
  const controller = new AgentController(context, options);
  const { dependencies } = controller;
  informer.on(({ type, object }) => {
    if (type === "deleted") controller.forgetUID(object.metadata.uid!);
  });
  const allIn = ({ metadata }: KubeObject) =>
    informer.list(metadata.name).map(keyOf);
  return runController({
    ...context,
    name: "agent",
    concurrency: 16,
    reconcile: async (key) => {
      const agent = informer.get(key.namespace, key.name);
      if (!agent) {
        controller.forget(key);
        // The garbage collector would, in its own time.
        return await revokeAccess(context, key, () => isGone(context, key));
      }
      // A finalizer may hold it for long; its device is not to act for it meanwhile.
      if (agent.metadata.deletionTimestamp) {
        return await revokeAccess(context, key, () => Promise.resolve(true));
      }
      return await controller.reconcile(agent);
    },
    sources: [
      { informer, filter: concernsHub },
      {
        informer: context.informers.get<Workspace>(Workspace),
        keys: allIn,
        filter: ({ object, old }) =>
          object.metadata.generation !== old?.metadata.generation ||
          object.status?.phase !== old?.status?.phase ||
          isOtherwiseSuspended(object, old),
      },
      {
        informer: context.informers.get<Plugin>(Plugin),
        keys: ({ metadata }) =>
          dependencies.dependents(dependency.plugin(metadata.name)),
        filter: isNewGeneration,
      },
      ...pluginObjectInformers(context).map((objects) => ({
        informer: objects,
        keys: ({ metadata: { namespace, name } }: KubeObject) =>
          dependencies.dependents(dependency.object(namespace, name)),
        filter: isNewGeneration,
      })),
      {
        start: (enqueue) => {
          context.pluginKinds.onObject((event) => {
            const { namespace, name } = event.object.metadata;
            if (!isNewGeneration(event)) return;
            dependencies.dependents(dependency.object(namespace, name))
              .forEach(enqueue);
          });
        },
      },
      {
        informer: secretInformer(context),
        keys: ({ metadata: { namespace, name } }) =>
          dependencies.dependents(dependency.secret(namespace, name)),
      },
      {
        informer: context.informers.get<Enrollment>(Enrollment),
        keys: ({ metadata, spec }) => [
          { namespace: metadata.namespace, name: spec.agent },
        ],
        filter: ({ type, object, old }) =>
          type !== "updated" ||
          object.status?.agentUID !== old?.status?.agentUID,
      },
      ...[...ACCESS_RESOURCES, Lease].map((resource) => ({
        informer: managedInformer(context, resource),
        keys: ownersOf("Agent"),
        // A Lease is renewed all the time.
        filter: ({ type, object, old }: InformerEvent) =>
          resource !== Lease || type !== "updated" ||
          !deepEqual(
            object.metadata.ownerReferences,
            old?.metadata.ownerReferences,
          ),
      })),
      // What a key signed that counts no more has to be signed anew.
      keysSource(context.keys, informer),
      {
        informer: context.informers.get<Revision>(Revision),
        keys: ({ metadata }) =>
          options.revisions.agents(metadata.namespace!, metadata.name),
        filter: ({ type }) => type === "deleted",
      },
    ],
  });
}

/** Whether an Agent that the informer does not show is not there, or will not be for long. */
async function isGone(
  { client, signal }: HubContext,
  { namespace, name }: Key,
): Promise<boolean> {
  const live = await client.tryGet<Agent>(Agent, name, { namespace, signal });
  return !live || live.metadata.deletionTimestamp !== undefined;
}

/** Whether an Agent for which the informer shows no device has none. */
async function hasNoDevice(
  { client, signal }: HubContext,
  { metadata: { namespace, uid } }: Agent,
): Promise<boolean> {
  const { items } = await client.listAll<Enrollment>(Enrollment, {
    namespace,
    signal,
  });
  return !items.some((enrollment) =>
    enrollment.status?.agentUID === uid && !isDenied(enrollment)
  );
}

/** Whether a change of an Agent is more than its device's report, of which the hub takes nothing but a forgery. */
function concernsHub({ object, old }: InformerEvent<Agent>): boolean {
  return !old || object.metadata.uid !== old.metadata.uid ||
    object.metadata.generation !== old.metadata.generation ||
    !deepEqual(object.metadata.annotations, old.metadata.annotations) ||
    !deepEqual(hubPart(object), hubPart(old));
}

function hubPart({ status }: Agent): unknown {
  const theirs = ["Online", "UpToDate", "Degraded"];
  return {
    assignment: status?.assignment,
    enrollment: status?.enrollment,
    observedGeneration: status?.observedGeneration,
    conditions: status?.conditions?.filter((c) => !theirs.includes(c.type)),
  };
}

function isNewGeneration({ type, object, old }: InformerEvent): boolean {
  return type !== "updated" ||
    object.metadata.generation !== old?.metadata.generation ||
    object.metadata.uid !== old?.metadata.uid;
}

class AgentController {
  readonly dependencies = new Dependencies();
  readonly #context: HubContext;
  readonly #options: AgentControllerOptions;
  readonly #settling = new Settling();
  readonly #arriving = new Arriving();
  /** The last assignment of each Agent that the hub is sure of, by uid. */
  readonly #known = new Map<string, Assignment>();
  readonly #publisher: RevisionPublisher;

  constructor(context: HubContext, options: AgentControllerOptions) {
    this.#context = context;
    this.#options = options;
    this.#publisher = new RevisionPublisher(context);
  }

  forget(key: { namespace?: string; name: string }): void {
    this.dependencies.delete(key);
    this.#options.revisions.release(key);
  }

  /**
   * Whoever makes and deletes Agents is not to fill the hub's memory. Of one that was merely out of sight, the status
   * says what stands.
   */
  forgetUID(uid: string): void {
    this.#arriving.done(uid);
    this.#known.delete(uid);
  }

  async reconcile(agent: Agent): Promise<Result> {
    const context = this.#context;
    const key = keyOf(agent);
    const workspace = readyWorkspace(context, agent);
    const enrollment = this.#options.ownership.ownerOf(agent);
    if (!workspace) {
      this.forget(key);
      await this.#tell(agent, {
        assignment: await this.#lastAssignment(agent),
        enrollment,
        outcome: {
          state: "reconciling",
          reason: "WorkspaceNotReady",
          message:
            `Namespace ${key.namespace} is not, or not yet, that of a Workspace`,
        },
      });
      return;
    }
    const touched = this.dependencies.gather(key);
    const inputs = agentInputs(context, agent, { workspace, touched });
    const before = await this.#lastAssignment(agent);
    let resolved: NamedRevision | Problem;
    try {
      const { spec, ...rest } = await resolve(inputs);
      resolved = { ...rest, spec, name: await revisionName(spec) };
      for (const { name } of resolved.lifted) {
        touched.add(dependency.secret(key.namespace, name));
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      resolved = error;
    }
    touched.done();
    let assignment = before;
    const settles = this.#settles(resolved, before);
    const arrives = this.#arrives(agent, resolved);
    const until = suspendedUntil(agent, workspace);
    if (
      resolved instanceof Problem || agent.spec?.paused || until || settles > 0
    ) {
      const spec = this.#contentOf(agent, before?.revision);
      await this.#grant(agent, { enrollment, workspace, revision: spec });
    } else {
      // From here on it is not collected.
      this.#options.revisions.use(key, resolved.name);
      await this.#publisher.publish(key.namespace!, resolved);
      // First the right to read what the order refers to.
      await this.#grant(agent, {
        enrollment,
        workspace,
        revision: resolved.spec,
      });
      assignment = await this.#assign(agent, {
        revision: resolved.name,
        before,
        used: resolved.used,
      });
    }
    await this.#tell(agent, {
      assignment,
      enrollment,
      outcome: until
        ? suspended(until)
        : outcomeOf(agent, resolved, { arrives: arrives > 0 }),
    });
    const requeueAfter = Math.max(settles, arrives);
    if (requeueAfter > 0) return { requeueAfter };
  }

  /** How long what an Agent lacks may still be on its way, in milliseconds. */
  #arrives(agent: Agent, resolved: NamedRevision | Problem): number {
    if (resolved instanceof Problem) {
      return this.#arriving.left(agent, this.#context.clock.now());
    }
    this.#arriving.done(agent.metadata.uid!);
    return 0;
  }

  /** How long the device is to keep what it has yet, in milliseconds, since an edit by hand may be put back. */
  #settles(
    resolved: NamedRevision | Problem,
    before: Assignment | undefined,
  ): number {
    if (resolved instanceof Problem || !before) return 0;
    if (resolved.name === before.revision) return 0;
    return this.#settling.left(resolved.used, this.#context.clock.now());
  }

  async #grant(
    agent: Agent,
    { enrollment, ...grant }: Partial<DeviceGrant> & { workspace: Workspace },
  ): Promise<void> {
    if (enrollment) {
      await grantAccess(this.#context, agent, { enrollment, ...grant });
    } else {
      await revokeAccess(
        this.#context,
        keyOf(agent),
        () => hasNoDevice(this.#context, agent),
      );
    }
  }

  /** The assignment that stands, if the hub did sign it; where it was tampered with, the one that the hub remembers. */
  async #lastAssignment(agent: Agent): Promise<Assignment | undefined> {
    const { keys, log } = this.#context;
    const uid = agent.metadata.uid!;
    const known = this.#known.get(uid);
    const verified = await verifyAssignment(keys, agent);
    if (verified && verified.counter >= (known?.counter ?? 0)) {
      this.#known.set(uid, verified);
      return verified;
    }
    if (agent.status?.assignment && !verified) {
      log.warn("Replacing an assignment that the hub did not sign", {
        ...keyOf(agent),
      });
    }
    return known;
  }

  #contentOf(
    agent: Agent,
    revision: string | undefined,
  ): Revision["spec"] | undefined {
    return revision === undefined
      ? undefined
      : this.#context.informers.get<Revision>(Revision)
        .get(agent.metadata.namespace, revision)?.spec;
  }

  async #assign(
    agent: Agent,
    { revision, before, used }: {
      revision: string;
      before?: Assignment;
      used: KubeObject[];
    },
  ): Promise<Assignment> {
    const { keys, clock } = this.#context;
    const stands = before?.revision === revision &&
      keys.keys().some(({ id }) => id === before.signer);
    if (stands) return before;
    const now = clock.now();
    const assignment = await signAssignment(keys, agent, {
      revision,
      counter: nextCounter({
        now,
        verified: before?.counter,
        reported: agent.status?.counter,
      }),
      commit: newestCommit(used),
      time: new Date(now).toISOString(),
    });
    this.#known.set(agent.metadata.uid!, assignment);
    return assignment;
  }

  async #tell(
    agent: Agent,
    { assignment, enrollment, outcome }: {
      assignment?: Assignment;
      enrollment?: string;
      outcome: Outcome;
    },
  ): Promise<void> {
    const others = this.#options.ownership.claimants(agent.metadata)
      .filter((e) => e.metadata.name !== enrollment).length;
    const waiting = others
      ? `; ${others} other ${
        others === 1 ? "key asks" : "keys ask"
      } for its name`
      : "";
    await writeStatus(this.#context, Agent, agent, {
      outcome,
      conditions: [
        enrollment
          ? {
            type: "Enrolled",
            status: "True",
            reason: "Enrolled",
            message: `Its device holds key ${
              enrollment.slice(0, 12)
            }${waiting}`,
          }
          : {
            type: "Enrolled",
            status: "False",
            reason: "NotEnrolled",
            message: `No device is it${waiting}`,
          },
      ],
      fields: {
        ...(enrollment ? { enrollment } : {}),
        ...(assignment ? { assignment } : {}),
      },
    });
  }
}

function suspended(until: string): Outcome {
  return {
    state: "ready",
    reason: "Suspended",
    message:
      `It left its repository: its device keeps what it runs, and it is deleted after ${until}; put its manifest back to keep it`,
  };
}

function outcomeOf(
  agent: Agent,
  resolved: Resolved | Problem,
  { arrives }: { arrives: boolean },
): Outcome {
  if (resolved instanceof Problem) {
    return {
      state: arrives ? "reconciling" : "stalled",
      reason: resolved.reason,
      message:
        `Cannot decide what Agent ${agent.metadata.name} is to run: ${resolved.message}`,
    };
  }
  if (agent.spec?.paused) {
    return {
      state: "ready",
      reason: "Paused",
      message: "It keeps what it runs while spec.paused is true",
    };
  }
  const { length } = resolved.spec.plugins;
  return {
    state: "ready",
    reason: "Accepted",
    message: `It is to run ${length} plugin${length === 1 ? "" : "s"}`,
  };
}
