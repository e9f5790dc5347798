import type { Impersonation } from "../cluster_config.ts";
import type { RequestOptions } from "../contract.ts";

/** Options of {@linkcode requestHeaders}. */
export interface RequestHeadersOptions {
  /** @default {"faros"} */
  userAgent?: string;
  /** @default there are no credentials */
  authorization?: string;
  /** Act as somebody else. */
  impersonate?: Impersonation;
}

/**
 * The headers of a request, as pairs: `Headers` would join the values of equal
 * names by commas, and "a, b" is one group to Kubernetes.
 */
export function requestHeaders(
  request: RequestOptions,
  options: RequestHeadersOptions = {},
): [string, string][] {
  const { userAgent = "faros", authorization, impersonate } = options;
  const headers: [string, string][] = [["User-Agent", userAgent]];
  const accept = request.accept ??
    (request.expectJson ? "application/json" : undefined);
  if (accept) headers.push(["Accept", accept]);
  const contentType = request.contentType ??
    (request.bodyJson !== undefined ? "application/json" : undefined);
  if (contentType) headers.push(["Content-Type", contentType]);
  if (authorization) headers.push(["Authorization", authorization]);
  if (impersonate) headers.push(...impersonation(impersonate));
  return headers;
}

function impersonation(who: Impersonation): [string, string][] {
  const headers: [string, string][] = [["Impersonate-User", who.user]];
  if (who.uid) headers.push(["Impersonate-Uid", who.uid]);
  for (const group of who.groups ?? []) {
    headers.push(["Impersonate-Group", group]);
  }
  for (const [key, values] of Object.entries(who.extra ?? {})) {
    const name = `Impersonate-Extra-${encodeURIComponent(key)}`;
    for (const value of values) headers.push([name, value]);
  }
  return headers;
}
