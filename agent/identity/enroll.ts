import { Enrollment } from "../../api/enrollment.ts";
import type { Device } from "../../api/device.ts";
import { ClaimType, joinProof } from "../../api/protocol/claims.ts";
import { Backoff } from "../../kube/backoff.ts";
import { KubeClient } from "../../kube/client.ts";
import type { Clock } from "../../kube/clock.ts";
import { getCondition } from "../../kube/conditions.ts";
import { isAlreadyExists, isNotFound } from "../../kube/kube_api_error.ts";
import type { Logger } from "../../kube/log.ts";
import { createRestClient } from "../../kube/rest_client.ts";
import { openCredential, type OpenedCredential } from "./credential.ts";
import type { DeviceKeys } from "./device_keys.ts";
import type { HubTrust } from "./hub_trust.ts";
import type { JoinConfig } from "./join_config.ts";

/** Options of {@linkcode enroll}. */
export interface EnrollOptions {
  join: JoinConfig;
  keys: DeviceKeys;
  trust: HubTrust;
  device: Device;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** @default {Math.random} */
  random?: () => number;
}

/**
 * Joins: sends an Enrollment and asks for it again and again until the hub has answered with a credential. Goes on for
 * as long as it takes (a person may have to approve), until the signal aborts. What somebody else has written there is waited out.
 */
export async function enroll(
  options: EnrollOptions,
): Promise<OpenedCredential> {
  const { join, keys, trust, clock, log, signal } = options;
  const rest = createRestClient(join.cluster, {
    clock,
    userAgent: "faros-agent",
  });
  using _rest = rest;
  const client = new KubeClient(rest);
  const scope = { namespace: join.namespace, signal };
  // Soon at first, since most hubs answer at once; a person takes longer.
  const poll = new Backoff({ base: 100, max: 15_000, jitter: 0.3, ...options });
  let waiting: string | undefined;
  while (true) {
    try {
      const found = await read(client, options);
      const sealed = found.status?.credential;
      if (sealed) {
        return await openCredential(sealed, { keys, trust, anchor: join.hub });
      }
      const ready = getCondition(found.status?.conditions, "Ready");
      if (ready && ready.message !== waiting) {
        waiting = ready.message;
        log.info("Waiting for the hub to let this device in", {
          enrollment: keys.id,
          reason: ready.reason,
          message: ready.message,
        });
      }
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      if (message !== waiting) {
        waiting = message;
        log.warn("Cannot enrol yet", {
          server: join.cluster.server,
          namespace: scope.namespace,
          error: message,
        });
      }
    }
    await clock.sleep(poll.next(), signal);
  }
}

async function read(
  client: KubeClient,
  options: EnrollOptions,
): Promise<Enrollment> {
  const { join, keys, signal } = options;
  const scope = { namespace: join.namespace, signal };
  try {
    return await client.get<Enrollment>(Enrollment, keys.id, scope);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  try {
    const wanted = await enrollment(options);
    return await client.create<Enrollment>(Enrollment, wanted, { signal });
  } catch (error) {
    // A request whose answer was lost has made it nevertheless.
    if (!isAlreadyExists(error)) throw error;
    return await client.get<Enrollment>(Enrollment, keys.id, scope);
  }
}

async function enrollment(
  { join, keys, device }: EnrollOptions,
): Promise<Enrollment> {
  const claim = {
    namespace: join.workspace,
    agent: join.agent,
    registration: join.registration,
    keys: keys.public,
  };
  return {
    apiVersion: Enrollment.apiVersion,
    kind: Enrollment.kind,
    metadata: { name: keys.id, namespace: join.namespace },
    spec: {
      agent: join.agent,
      registration: join.registration,
      keys: keys.public,
      device,
      joinProof: await joinProof(claim, join.token),
      proof: await keys.sign(claim, ClaimType.enrollment),
    },
  };
}
