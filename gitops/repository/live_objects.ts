import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import { Plugin } from "../../api/plugin.ts";
import {
  isNotFound,
  type KubeClient,
  type WorkspaceAccess,
} from "../../kube/mod.ts";
import type { LiveObjects } from "../manifest/check_references.ts";
import type { ApplySet } from "../plan/apply_set.ts";
import { PRUNE_ANNOTATION } from "../plan/plan.ts";
import type { PluginKindDiscovery } from "./plugin_kind_discovery.ts";

/**
 * What is live besides what a set of manifests says. Members of the set that
 * the manifests lack are about to go, where the set is pruned.
 */
export function liveObjects(
  set: ApplySet,
  options: {
    access: WorkspaceAccess;
    /** The hub's own, for the catalogue. */
    hub: KubeClient;
    prune: boolean;
    /** Of the workspace, for kinds that its plugins bring. */
    kinds?: PluginKindDiscovery;
    signal?: AbortSignal;
  },
): LiveObjects {
  const { access, hub, prune, kinds, signal } = options;
  return {
    ...(kinds ? { kinds: () => kinds.served() } : {}),

    async get(resource, name) {
      const client = resource === Plugin ? hub : access.client;
      let object: KubeObject | undefined;
      try {
        object = await client.tryGet(resource, name, {
          namespace: resource.namespaced ? access.namespace : undefined,
          signal,
        });
      } catch (error) {
        // A kind that is not served has no objects.
        if (!isNotFound(error)) throw error;
      }
      const isMember = object?.metadata.labels?.[APPLYSET_LABEL] === set.id &&
        object.metadata.annotations?.[PRUNE_ANNOTATION] !== "disabled";
      return isMember && prune ? undefined : object;
    },
  };
}
