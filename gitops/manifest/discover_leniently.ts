import { type Discover, discoverOffline } from "./resolve_kinds.ts";

/** Whether a version is one of Faros's groups, whose kinds are known without a server. */
export function isOurs(apiVersion: string): boolean {
  return /(^|\.)faros\.sh\//.test(apiVersion);
}

/** Discovery without a server, to which what belongs to others may be there. */
export const discoverLeniently: Discover = async (apiVersion, kind) => {
  const found = await discoverOffline(apiVersion, kind);
  if (found || isOurs(apiVersion)) return found;
  const slash = apiVersion.indexOf("/");
  return {
    group: slash < 0 ? "" : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    plural: `${kind.toLowerCase()}s`,
    kind,
    namespaced: true,
  };
};
