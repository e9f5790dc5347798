/**
 * What plugins need against what workspaces grant.
 *
 * @module
 */
import type { Permissions } from "../../api/plugin_entry.ts";

type Name = keyof Permissions;

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
  for (const [key, wanted] of Object.entries(needed ?? {})) {
    const name = key as Name;
    const have = granted?.[name] ?? [];
    const lacking = (wanted ?? []).filter((need) =>
      !have.some((grant) => grant === need || covers[name]?.(grant, need))
    );
    if (lacking.length) missing[name] = lacking;
  }
  return Object.keys(missing).length ? missing : undefined;
}

/** All that either grants. */
export function mergePermissions(
  a: Permissions | undefined,
  b: Permissions | undefined,
): Permissions {
  const merged: Permissions = { ...a };
  for (const [key, more] of Object.entries(b ?? {})) {
    const name = key as Name;
    merged[name] = [...new Set([...merged[name] ?? [], ...more ?? []])];
  }
  return merged;
}

function coversPath(granted: string, needed: string): boolean {
  // `..` could lead out of what was granted.
  if (needed.split(/[\\/]/).includes("..")) return false;
  return needed.startsWith(granted.endsWith("/") ? granted : `${granted}/`);
}
