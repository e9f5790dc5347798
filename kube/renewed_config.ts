import type { ClusterConfig } from "./cluster_config.ts";

/** What says who we are, and whom we trust. */
const CREDENTIALS = [
  "caData",
  "clientCert",
  "clientKey",
  "token",
  "tokenFile",
  "username",
  "password",
  "exec",
] as const satisfies (keyof ClusterConfig)[];

/**
 * Reads a configuration again from where it came, after its credentials were
 * refused.
 *
 * @returns `config` with the credentials that are there now; undefined where
 * these are the same, or cannot be read: amid a rotation a file may be half
 * written
 */
export async function renewedConfig(
  config: ClusterConfig,
): Promise<ClusterConfig | undefined> {
  let read: ClusterConfig | undefined;
  try {
    read = await config.reload?.();
  } catch {
    return undefined;
  }
  if (!read) return undefined;
  const of = (source: ClusterConfig) =>
    Object.fromEntries(CREDENTIALS.map((key) => [key, source[key]]));
  const found = of(read);
  return JSON.stringify(found) === JSON.stringify(of(config))
    ? undefined
    // The server stays: others may have been told of it.
    : { ...config, ...found };
}
