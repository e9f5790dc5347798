import { Secret } from "../../api/core.ts";
import { REQUESTED_AT_ANNOTATION, SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { InformerFactory } from "../../kube/informer_factory.ts";
import type { Logger } from "../../kube/log.ts";
import { type Result, runController } from "../../kube/reconciler.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import {
  nextKey,
  nextRotation,
  rotateDue,
  type RotationTimes,
  withNextKey,
} from "../keys/key_ring.ts";
import {
  KEYS_SECRET,
  readKeyRing,
  type SecretObject,
  writeKeyRing,
} from "../keys/key_secret.ts";
import type { HubContext } from "./context.ts";

const HOUR = 3_600_000;
/** Two lives of a device's token, and a week. */
const TIMES: RotationTimes = { overlap: 2 * HOUR, retention: 7 * 24 * HOUR };

function keysInformer(informers: InformerFactory) {
  return informers.get<SecretObject>(Secret, {
    namespace: SYSTEM_NAMESPACE,
    fieldSelector: `metadata.name=${KEYS_SECRET}`,
  });
}

/** Keeps `keys` as the Secret has them; every replica does. */
export function followKeys(
  keys: HubKeys,
  { informers, log }: { informers: InformerFactory; log: Logger },
): void {
  keysInformer(informers).on(({ type, object }) => {
    if (type === "deleted") {
      log.error("The Secret with the hub's keys has been deleted; put it back");
      return;
    }
    try {
      keys.replace(readKeyRing(object));
    } catch (error) {
      log.error("Cannot follow the hub's keys; going on with those known", {
        error,
      });
    }
  });
}

/**
 * Rotates the hub's signing keys: a new one is made when the Secret gets a new
 * value of annotation reconcile.faros.sh/requestedAt, used once devices have
 * had the time to learn it, and the old one dropped a while after that.
 */
export function runHubKeysController(
  context: HubContext,
  options: Partial<RotationTimes> = {},
): Promise<void> {
  const times = { ...TIMES, ...options };
  const informer = keysInformer(context.informers);
  return runController({
    ...context,
    name: "hub-keys",
    reconcile: async ({ namespace, name }) => {
      const secret = informer.get(namespace, name);
      return secret && await reconcile(context, secret, times);
    },
    sources: [{ informer }],
  });
}

async function reconcile(
  context: HubContext,
  secret: SecretObject,
  times: RotationTimes,
): Promise<Result> {
  const { client, clock, log, signal } = context;
  const now = clock.now();
  const stored = readKeyRing(secret);
  let ring = rotateDue(stored, { ...times, now });
  const requested = Date.parse(
    secret.metadata.annotations?.[REQUESTED_AT_ANNOTATION] ?? "",
  );
  const newest = Math.max(...ring.keys.map((key) => key.created));
  const isOpen = requested > newest && !nextKey(ring);
  if (isOpen && requested <= now) ring = await withNextKey(ring, now);
  if (ring !== stored) {
    await writeKeyRing(client, secret, { ring, signal });
    log.info("Rotated the hub's signing keys", {
      current: ring.current,
      keys: ring.keys.length,
    });
  }
  const next = Math.min(
    nextRotation(ring, times) ?? Infinity,
    // Whose clock is ahead of ours asks for it, too.
    isOpen && requested > now ? requested : Infinity,
  );
  return next === Infinity ? undefined : { requeueAfter: next - now };
}
