import { Agent } from "../../api/agent.ts";
import { Lease as LeaseKind } from "../../api/core.ts";
import { HUB_MANAGER } from "../../api/names.ts";
import { type ConditionInput, getCondition } from "../../kube/conditions.ts";
import type { Lease } from "../../kube/lease.ts";
import { type Result, runController } from "../../kube/reconciler.ts";
import { applyStatus } from "../../kube/status.ts";
import type { HubContext } from "./context.ts";
import { managedInformer } from "./managed.ts";
import { stated } from "./status.ts";

/** A part of the hub with a part of the status of its own. */
const MANAGER = `${HUB_MANAGER}-presence`;
/** Without a duration in the Lease, in seconds. */
const DEFAULT_DURATION = 60;
/** Reason of an Agent whose device has stopped renewing. */
const EXPIRED = "LeaseExpired";

/** Says of each Agent whether its device renews its Lease: condition Online. */
export function runPresenceController(context: HubContext): Promise<void> {
  const agents = context.informers.get<Agent>(Agent);
  const leases = managedInformer<Lease>(context, LeaseKind);
  const heard = new Heard(context);
  return runController({
    ...context,
    name: "presence",
    // Each waits for the disk; those that come together share that.
    concurrency: 16,
    reconcile: async ({ namespace, name }) => {
      const agent = agents.get(namespace, name);
      if (!agent || agent.metadata.deletionTimestamp) {
        if (!agent) heard.forget(namespace!, name);
        return;
      }
      const lease = leases.get(namespace, name);
      return await reconcile(context, agent, heard.of(agent, lease));
    },
    sources: [
      {
        informer: agents,
        filter: ({ type, object, old }) =>
          type !== "updated" || object.metadata.uid !== old?.metadata.uid ||
          isOnline(object) !== isOnline(old!),
      },
      {
        informer: leases,
        // One that renews while it is Online is as expected: the timer of its
        // next expiry sees to the rest, so that renewals cost nothing.
        filter: ({ type, object }) => {
          const { namespace, name } = object.metadata;
          const agent = agents.get(namespace, name);
          if (type !== "deleted" && agent) heard.of(agent, object);
          return type !== "updated" || !agent ||
            isOnline(agent) !== "True";
        },
      },
    ],
  });
}

function isOnline(agent: Agent): string | undefined {
  return getCondition(agent.status?.conditions, "Online")?.status;
}

function hasExpired(agent: Agent): boolean {
  const online = getCondition(agent.status?.conditions, "Online");
  return online?.reason === EXPIRED;
}

/** When a device was last heard of. */
interface Sign {
  /** Of the Lease; a device's clock may be anything. */
  renewTime?: string;
  /** By the hub's own clock; undefined where that is not known. */
  at?: number;
  /** Milliseconds. */
  duration: number;
}

/**
 * Remembers when each Lease was renewed, by the hub's clock: devices' clocks
 * are not to be trusted. As Kubernetes' node controller does.
 */
class Heard {
  readonly #context: HubContext;
  readonly #signs = new Map<string, Sign>();

  constructor(context: HubContext) {
    this.#context = context;
  }

  of(agent: Agent, lease: Lease | undefined): Sign | undefined {
    const { namespace, name } = agent.metadata;
    const { renewTime, leaseDurationSeconds = DEFAULT_DURATION } =
      lease?.spec ?? {};
    const key = `${namespace}/${name}`;
    const duration = leaseDurationSeconds * 1000;
    if (!renewTime) {
      this.#signs.delete(key);
      return undefined;
    }
    const before = this.#signs.get(key);
    if (before?.renewTime === renewTime) return before;
    const now = this.#context.clock.now();
    const sign: Sign = { renewTime, duration, at: now };
    // Seen for the first time, it says little: where the last word was that the
    // device is offline, it has to renew first.
    if (!before && hasExpired(agent)) {
      const age = now - Date.parse(renewTime);
      if (age > duration) sign.at = undefined;
    }
    this.#signs.set(key, sign);
    return sign;
  }

  forget(namespace: string, name: string): void {
    this.#signs.delete(`${namespace}/${name}`);
  }
}

async function reconcile(
  context: HubContext,
  agent: Agent,
  sign: Sign | undefined,
): Promise<Result> {
  const { client, clock, signal } = context;
  const now = clock.now();
  const left = sign?.at === undefined ? 0 : sign.at + sign.duration - now;
  const condition: ConditionInput = sign && left > 0
    ? {
      type: "Online",
      status: "True",
      reason: "LeaseRenewed",
      message: "Its device renews its Lease",
    }
    : sign
    ? {
      type: "Online",
      status: "False",
      reason: EXPIRED,
      message:
        `Its device has not renewed its Lease since ${sign.renewTime} by its own clock`,
    }
    : {
      type: "Online",
      status: "False",
      reason: "NeverSeen",
      message: "No device has renewed its Lease",
    };
  await applyStatus(client, Agent, agent, {
    conditions: [stated(agent.status?.conditions, condition, now)],
  }, { fieldManager: MANAGER, signal });
  return left > 0 ? { requeueAfter: left + 1 } : undefined;
}
