import type { Agent } from "../../api/agent.ts";
import type { Enrollment } from "../../api/enrollment.ts";
import type { KubeClient } from "../../kube/client.ts";
import { encryptCredential } from "../keys/credential.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import type { Endpoint } from "./context.ts";

/** What {@linkcode issueCredential} needs of the hub. */
export interface CredentialIssuer {
  client: KubeClient;
  keys: HubKeys;
  engine: Endpoint;
  hub: Endpoint;
  tokenSeconds: number;
  signal?: AbortSignal;
}

/** Name of the ServiceAccount, Role and RoleBinding of an Agent's device. */
export function deviceAccount(agent: string): string {
  return `agent-${agent}`;
}

/**
 * A new credential of an Agent's device, encrypted to the Enrollment's key.
 *
 * @throws {KubeApiError} NotFound where the device's ServiceAccount is not there (yet, or any more)
 */
export async function issueCredential(
  issuer: CredentialIssuer,
  agent: Agent,
  enrollment: Enrollment,
): Promise<string> {
  const { client, keys, engine, hub, tokenSeconds, signal } = issuer;
  const { namespace, name, uid } = agent.metadata;
  const { token, expirationTimestamp } = await client.createToken(
    namespace!,
    deviceAccount(name),
    { expirationSeconds: tokenSeconds, signal },
  );
  return await encryptCredential({
    server: engine.url,
    ...(engine.caData ? { caData: engine.caData } : {}),
    namespace: namespace!,
    agent: name,
    agentUID: uid!,
    token,
    tokenExpires: expirationTimestamp,
    hubURL: hub.url,
    ...(hub.caData ? { hubCAData: hub.caData } : {}),
    hubKeys: keys.keys().map(({ key }) => key),
    hubKeyEndorsements: keys.keys().flatMap(({ endorsement }) =>
      endorsement ?? []
    ),
  }, enrollment.spec.keys.agreement);
}
