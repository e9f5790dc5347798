import { pluginObjectKinds } from "../api/kinds.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { createInformer } from "../kube/informer.ts";
import type { Logger } from "../kube/log.ts";
import type { PluginApi } from "./supervisor/host_process.ts";

/** A call that is refused, with an HTTP status. */
class PluginApiError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const WATCH_EVENTS = {
  added: "ADDED",
  updated: "MODIFIED",
  deleted: "DELETED",
} as const;

/**
 * Answers what plugins ask of the Kubernetes API: objects of the kind that they serve, in the device's workspace, as
 * the device itself. So neither the agent's token nor its connections ever are in a plugin's hands.
 *
 * @param options.connection Undefined before the device has enrolled.
 */
export function createPluginApi(
  options: {
    connection(): { client: KubeClient; namespace: string } | undefined;
    clock: Clock;
    log: Logger;
  },
): PluginApi {
  return {
    async call(spec, call, { signal, emit }) {
      const { kind, method, name = "", labelSelector } = call;
      const resource = pluginObjectKinds.find((k) => k.kind === kind);
      if (!resource || kind !== spec.object.kind) {
        throw new PluginApiError(
          403,
          `Plugin ${spec.plugin} may not ask for ${kind} objects: it was granted ${spec.object.kind}`,
        );
      }
      const connection = options.connection();
      if (!connection) {
        throw new PluginApiError(503, "The device has not enrolled yet");
      }
      const { client, namespace } = connection;
      if (method === "get") {
        return await client.get(resource, name, { namespace, signal });
      }
      if (method === "list") {
        return await client.listAll(resource, {
          namespace,
          labelSelector,
          signal,
        }).then((list) => Array.isArray(list) ? list : list.items);
      }
      const informer = createInformer(client, resource, {
        namespace,
        labelSelector,
        signal,
        clock: options.clock,
        log: options.log,
      });
      informer.on(({ type, object }) =>
        emit({ type: WATCH_EVENTS[type], object })
      );
      await informer.done;
    },
  };
}
