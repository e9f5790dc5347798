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
      const time = now().getTime();
      const old = reader.list(EVENTS)
        .filter((event) => lastSeen(event, time + ttl) < time - ttl);
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

/**
 * Milliseconds. Times after `latest` say nothing: clocks of devices run ahead by years, and so may have done that of
 * the server until it was set right. Their Events would stay until then.
 */
function lastSeen(event: KubeObject, latest: number): number {
  const { creationTimestamp, managedFields = [] } = event.metadata;
  const times = [
    creationTimestamp,
    ...managedFields.map(({ time }) => time),
    event.eventTime,
    event.lastTimestamp,
    event.series?.lastObservedTime,
  ].map((time) => time ? Date.parse(time) : 0);
  return Math.max(0, ...times.filter((time) => time <= latest));
}
