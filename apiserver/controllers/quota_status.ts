/**
 * Keeps `status` of ResourceQuotas: how much of each limit is used.
 *
 * @module
 */
import {
  countedResource,
  countObjects,
  countsObjects,
} from "../admission/quota_usage.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import { type Controller, type ControllerContext, copy } from "./controller.ts";

const QUOTAS = { group: "", resource: "resourcequotas" };

/** The controller of quota status. */
export function quotaStatus(
  { client, reader }: ControllerContext,
): Controller {
  const keysIn = (namespace?: string) =>
    reader.list({ ...QUOTAS, ...(namespace ? { namespace } : {}) })
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return {
    name: "resourcequota",
    initial: () => keysIn(),
    affected({ type, group, resource, object }) {
      const { namespace } = object.metadata;
      if (!namespace) return [];
      const isQuota = resource === QUOTAS.resource && group === "";
      return isQuota || type !== "MODIFIED" ? keysIn(namespace) : [];
    },
    async reconcile(text) {
      const [namespace = "", name = ""] = text.split("/");
      const key = { ...QUOTAS, namespace, name };
      const quota = reader.get(key);
      if (!quota || quota.metadata.deletionTimestamp) return;
      const hard: Record<string, string> = quota.spec?.hard ?? {};
      const used: Record<string, string> = {};
      for (const limit of Object.keys(hard)) {
        const of = countedResource(limit);
        const counts = of && countsObjects(quota);
        used[limit] = counts
          ? String(countObjects(reader, { ...of, namespace }))
          : "0";
      }
      const status = { hard, used };
      if (deepEqual(quota.status ?? {}, status)) return;
      const next = copy(quota);
      next.status = status;
      await client.update(key, next, { subresource: "status" });
    },
  };
}
