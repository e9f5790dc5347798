/**
 * Refuses creates beyond what a ResourceQuota allows.
 *
 * @module
 */
import { forbidden } from "../errors.ts";
import type { AdmissionAttributes } from "../registry/registry.ts";
import type { Change, KubeObject, Reader } from "../types.ts";
import { countObjects, countsObjects, quotaNames } from "./quota_usage.ts";

/**
 * Between admission and commit an object is in no list yet. It counts here for
 * so long (milliseconds), should its write fail after all.
 */
const PENDING_LIFE = 2000;

/** The quota check. */
export interface QuotaAdmission {
  admit(attributes: AdmissionAttributes): void;
  /** What was admitted is in storage now. */
  committed(change: Change): void;
}

/** A quota check over the current state. */
export function quotaAdmission(
  { reader, now }: { reader: Reader; now: () => Date },
): QuotaAdmission {
  /** Admitted creates that are not committed: scope → name → until when they count. */
  const pending = new Map<string, Map<string, number>>();
  const scopeOf = (group: string, resource: string, namespace: string) =>
    `${group}/${resource}/${namespace}`;

  function pendingIn(scope: string): Map<string, number> {
    let names = pending.get(scope);
    if (!names) pending.set(scope, names = new Map());
    const time = now().getTime();
    for (const [name, until] of names) {
      // Later than it could be: the clock was set back.
      if (until < time || until > time + PENDING_LIFE) names.delete(name);
    }
    return names;
  }

  return {
    admit({ operation, served, info, object, options }) {
      const { group, resource, namespaced } = served.definition;
      if (operation !== "CREATE" || !namespaced) return;
      const { namespace } = info;
      const quotas = reader.list({
        group: "",
        resource: "resourcequotas",
        namespace,
      });
      if (quotas.length === 0) return;
      const names = quotaNames(group, resource);
      const limited = quotas.filter((quota) =>
        countsObjects(quota) && names.some((n) => quota.spec?.hard?.[n])
      );
      if (limited.length === 0) return;
      const waiting = pendingIn(scopeOf(group, resource, namespace));
      const name = object?.metadata.name ?? "";
      const used = countObjects(reader, { group, resource, namespace }) +
        waiting.size - (waiting.has(name) ? 1 : 0);
      for (const quota of limited) {
        const exceeded = names.filter((n) =>
          quota.spec.hard[n] && used + 1 > Number(quota.spec.hard[n])
        );
        if (exceeded.length === 0) continue;
        throw forbidden(
          { group, resource },
          name,
          describe(quota, { exceeded, used }),
        );
      }
      if (!options.dryRun) {
        waiting.set(name, now().getTime() + PENDING_LIFE);
      }
    },
    committed({ type, group, resource, object }) {
      if (type !== "ADDED") return;
      const { namespace = "", name } = object.metadata;
      const scope = scopeOf(group, resource, namespace);
      const names = pending.get(scope);
      names?.delete(name);
      if (names?.size === 0) pending.delete(scope);
    },
  };
}

function describe(
  quota: KubeObject,
  { exceeded, used }: { exceeded: string[]; used: number },
): string {
  const list = (value: (name: string) => string | number) =>
    [...exceeded].sort().map((name) => `${name}=${value(name)}`).join(",");
  return `exceeded quota: ${quota.metadata.name}, requested: ${
    list(() => 1)
  }, used: ${list(() => used)}, limited: ${
    list((name) => quota.spec.hard[name])
  }`;
}
