/**
 * Forgets Events an hour after they last happened.
 *
 * @module
 */
import type { KubeObject } from "../types.ts";
import {
  type Controller,
  type ControllerContext,
  tolerate,
} from "./controller.ts";

const EVENTS = { group: "", resource: "events" };
const MINUTE = 60_000;

/** The controller that deletes old Events; `ttl` in milliseconds. */
export function eventTtl(
  { client, reader, now }: ControllerContext,
  { ttl }: { ttl: number },
): Controller {
  return {
    name: "event-ttl",
    initial: () => ["sweep"],
    affected: () => [],
    async reconcile() {
      const before = now().getTime() - ttl;
      const old = reader.list(EVENTS).filter((e) => lastSeen(e) < before);
      for (const { metadata } of old) {
        const { namespace, name, uid } = metadata;
        await tolerate(
          client.delete({ ...EVENTS, namespace, name }, { uid }),
          "NotFound",
          "Conflict",
        );
      }
      return { after: MINUTE };
    },
  };
}

function lastSeen(event: KubeObject): number {
  return Math.max(
    ...[
      event.metadata.creationTimestamp,
      event.eventTime,
      event.lastTimestamp,
      event.series?.lastObservedTime,
    ].map((time) => time ? Date.parse(time) : 0),
  );
}
