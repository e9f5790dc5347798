/**
 * What plugins need against what workspaces grant.
 *
 * @module
 */
import type { Permissions } from "../../api/plugin_entry.ts";
import { missingRules } from "./kubernetes_permissions.ts";

/** Those of Deno: lists of texts. */
type Name = Exclude<keyof Permissions, "kubernetes">;

/** Whether a grant of `granted` covers a need of `needed`. */
const covers: Partial<
  Record<Name, (granted: string, needed: string) => boolean>
> = {
  read: coversPath,
  write: coversPath,
  net: (granted, needed) => {
    // A host without a port is all of its ports.
    const host = needed.replace(/:\d+$/, "");
    return granted === host && !/:\d+$/.test(granted);
  },
  env: (granted, needed) =>
    granted.endsWith("*") && needed.startsWith(granted.slice(0, -1)),
};

/** What of `needed` is not in `granted`; undefined where all is. */
export function missingPermissions(
  needed: Permissions | undefined,
  granted: Permissions | undefined,
): Permissions | undefined {
  const missing: Permissions = {};
  const { kubernetes, ...deno } = needed ?? {};
  for (const [key, wanted] of Object.entries(deno)) {
    const name = key as Name;
    const have = granted?.[name] ?? [];
    const lacking = (wanted ?? []).filter((need) =>
      !have.some((grant) => grant === need || covers[name]?.(grant, need))
    );
    if (lacking.length) missing[name] = lacking;
  }
  const rules = missingRules(kubernetes, granted?.kubernetes);
  if (rules.length) missing.kubernetes = rules;
  return Object.keys(missing).length ? missing : undefined;
}

/** All that either grants. */
export function mergePermissions(
  a: Permissions | undefined,
  b: Permissions | undefined,
): Permissions {
  const merged: Permissions = { ...a };
  const { kubernetes, ...deno } = b ?? {};
  for (const [key, more] of Object.entries(deno)) {
    const name = key as Name;
    merged[name] = [...new Set([...merged[name] ?? [], ...more ?? []])];
  }
  const rules = missingRules(kubernetes, merged.kubernetes);
  if (rules.length) {
    merged.kubernetes = [...merged.kubernetes ?? [], ...rules];
  }
  return merged;
}

function coversPath(granted: string, needed: string): boolean {
  // `..` could lead out of what was granted.
  if (needed.split(/[\\/]/).includes("..")) return false;
  return needed.startsWith(granted.endsWith("/") ? granted : `${granted}/`);
}
