/**
 * What several kinds say of plugins: entries of an Agent, permissions, free-form config.
 *
 * @module
 */
import { z } from "zod";
import { KubernetesPermission } from "./kubernetes_permission.ts";
import { DnsSubdomain } from "./meta.ts";

/**
 * Config of a plugin: an object, or a string of YAML as the first Faros had it. The schema of the plugin that serves
 * the object validates it.
 */
export const PluginConfig = z.union([
  z.record(z.string(), z.unknown()),
  z.string(),
])
  .meta({
    description:
      "Config, as an object or as a string of YAML; the plugin's configSchema validates it",
    "x-kubernetes-preserve-unknown-fields": true,
  });

/** An entry of `spec.plugins` of an Agent. */
export const AgentPlugin = z.strictObject({
  name: DnsSubdomain.describe(
    "Name of a plugin object in the workspace, such as a Network",
  ),
  kind: z.string().optional().describe(
    "Kind of the plugin object, where the name alone is not enough",
  ),
  version: z.string().optional().describe(
    "Version of the plugin's code; the workspace's version when left out",
  ),
  config: PluginConfig.optional().describe(
    "Overrides the plugin object's config on this device: objects are merged field by field, all else is replaced",
  ),
});
export type AgentPlugin = z.infer<typeof AgentPlugin>;

/** The list of them; atomic, so that whoever applies it decides all of it. */
export const AgentPlugins = z.array(AgentPlugin).meta({
  description: "What runs on the device",
  "x-kubernetes-list-type": "atomic",
});

const names = (what: string) => z.array(z.string()).optional().describe(what);

/** Deno permissions and rights in the Kubernetes API, each a list of what is allowed; what is not listed is denied. */
export const Permissions = z.strictObject({
  read: names("Paths that may be read"),
  write: names("Paths that may be written"),
  net: names(
    "Hosts that may be connected to or listened on: `127.0.0.1:9100`, `example.org`",
  ),
  env: names("Environment variables that may be read"),
  run: names("Programs that may be started"),
  sys: names(
    "System information that may be asked for: `hostname`, `loadavg`, …",
  ),
  kubernetes: z.array(KubernetesPermission).optional().describe(
    "Objects of the device's workspace that may be read through the Kubernetes API. Refused are credentials and identities: Secrets, ServiceAccounts, Leases, RBAC, what is in edge.faros.sh and access.faros.sh",
  ),
}).describe(
  "Deno permissions, and rights in the Kubernetes API; what is not listed is denied",
);
export type Permissions = z.infer<typeof Permissions>;

/** A public key that plugin signatures are checked against: a JSON Web Key (RFC 7517). */
export const PublicJwk = z.strictObject({
  kty: z.string(),
  crv: z.string(),
  x: z.string(),
  y: z.string().optional(),
}).describe("A public key as a JSON Web Key (RFC 7517): Ed25519 or P-256");
export type PublicJwk = z.infer<typeof PublicJwk>;
