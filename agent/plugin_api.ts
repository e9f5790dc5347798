import {
  describePermission,
  type KubernetesPermission,
  refusedPermission,
} from "../api/kubernetes_permission.ts";
import type { Resource } from "../api/kind.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../kube/clock.ts";
import { createInformer } from "../kube/informer.ts";
import type { Logger } from "../kube/log.ts";
import type { PluginCall } from "./host/protocol.ts";
import { resourcesOfKind } from "./plugin_kinds.ts";
import type { PluginApi } from "./supervisor/host_process.ts";
import type { PluginSpec } from "./supervisor/plugin_spec.ts";

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

/** A watch begins with all that there is, as an informer does; without the right to list it would never begin. */
const VERBS: Record<PluginCall["method"], KubernetesPermission["verbs"]> = {
  get: ["get"],
  list: ["list"],
  watch: ["list", "watch"],
};

/**
 * Answers what plugins ask of the Kubernetes API: what each was granted itself, in the device's workspace, as the
 * device. The device's token has the rights of all its plugins together, so it is here that each is held to its own;
 * neither the token nor the agent's connections ever are in a plugin's hands.
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
      const rules = rulesOf(spec);
      if (!rules.length) throw notGranted(spec, call, rules);
      const connection = options.connection();
      if (!connection) {
        throw new PluginApiError(
          503,
          "The device has not enrolled yet, or is offline",
        );
      }
      const { client, namespace } = connection;
      const { discovery } = client;
      const resource = only(
        await resourcesOfKind(call.kind, { rules, discovery }),
        { spec, call, rules },
      );
      checkGranted(resource, { spec, call, rules });
      const { method, name, labelSelector } = call;
      if (method === "get") {
        if (!name) {
          throw new PluginApiError(
            400,
            `Plugin ${spec.plugin} asks for a ${call.kind} without a name`,
          );
        }
        return await client.get(resource, name, { namespace, signal });
      }
      const which = {
        namespace,
        labelSelector,
        // RBAC lets it through where a rule has that name.
        ...(name ? { fieldSelector: `metadata.name=${name}` } : {}),
        signal,
      };
      if (method === "list") {
        return (await client.listAll(resource, which)).items;
      }
      const { clock, log } = options;
      const informer = createInformer(client, resource, {
        ...which,
        clock,
        log,
      });
      informer.on(({ type, object }) =>
        emit({ type: WATCH_EVENTS[type], object })
      );
      await informer.done;
    },
  };
}

interface Asked {
  spec: PluginSpec;
  call: PluginCall;
  rules: KubernetesPermission[];
}

/** What no plugin may have does not count, whoever granted it. */
function rulesOf({ permissions }: PluginSpec): KubernetesPermission[] {
  return (permissions.kubernetes ?? []).filter((r) => !refusedPermission(r));
}

function only(found: Resource[], { spec, call, rules }: Asked): Resource {
  const [resource, other] = found;
  if (!resource) throw notGranted(spec, call, rules);
  if (other) {
    throw new PluginApiError(
      400,
      `Plugin ${spec.plugin} asks for ${call.kind}, which is ${
        found.map(({ plural, group }) => `${plural}.${group}`).join(" and ")
      }; write ${call.kind}.${other.group}, for instance`,
    );
  }
  if (!resource.namespaced) {
    throw new PluginApiError(
      403,
      `Plugin ${spec.plugin} may not ask for ${call.kind}: it belongs to no workspace`,
    );
  }
  return resource;
}

function checkGranted(
  { group, plural }: Resource,
  { spec, call, rules }: Asked,
): void {
  const { name } = call;
  const granted = VERBS[call.method].every((verb) =>
    rules.some((rule) =>
      rule.apiGroup === group && rule.resources.includes(plural) &&
      rule.verbs.includes(verb) &&
      (!rule.resourceNames?.length ||
        name !== undefined && rule.resourceNames.includes(name))
    )
  );
  if (!granted) throw notGranted(spec, call, rules);
}

function notGranted(
  spec: PluginSpec,
  { method, kind, name }: PluginCall,
  rules: KubernetesPermission[],
): PluginApiError {
  return new PluginApiError(
    403,
    `Plugin ${spec.plugin} may not ${VERBS[method].join(" and ")} ${kind}${
      name ? ` ${name}` : ""
    }: of what is served here, it was granted ${
      rules.map(describePermission).join("; ") || "nothing"
    }. What it needs belongs into its permissions.kubernetes`,
  );
}
