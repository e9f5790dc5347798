import type { KubeObject } from "../../api/meta.ts";
import type { Informer } from "../../kube/informer.ts";
import { type CustomSource, keyOf } from "../../kube/reconciler.ts";
import type { HubKeys } from "../keys/hub_keys.ts";

/** A source that gives all objects of an informer whenever the hub's keys have changed: what they signed may have to be signed anew. */
export function keysSource(
  keys: HubKeys,
  informer: Informer<KubeObject>,
): CustomSource {
  return {
    start(enqueue, signal) {
      const stop = keys.on(() => {
        for (const object of informer.list()) enqueue(keyOf(object));
      });
      signal.addEventListener("abort", stop, { once: true });
    },
  };
}
