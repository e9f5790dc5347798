import { decodeJwt } from "jose";
import type { Agent } from "../../api/agent.ts";
import { ServiceAccount } from "../../api/core.ts";
import type { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import { sealCredential } from "../keys/credential.ts";
import type { WorkspaceProvider } from "../../kube/workspace_provider.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import type { Endpoint } from "./context.ts";

/** What {@linkcode issueCredential} needs of the hub. */
export interface CredentialIssuer {
  client: KubeClient;
  provider: WorkspaceProvider;
  keys: HubKeys;
  engine: Endpoint;
  hub: Endpoint;
  tokenSeconds: number;
  signal?: AbortSignal;
}

/** Annotation of the ServiceAccount of an Agent's device: the Enrollment that it is for. */
export const ENROLLMENT_ANNOTATION = "edge.faros.sh/enrollment";

/** The ServiceAccount of an Agent's device is not there yet, or not any more. */
export class AccountNotReady extends Error {
  override name = "AccountNotReady";
}

/** Name of the ServiceAccount, Role and RoleBinding of an Agent's device. */
export function deviceAccount(agent: string): string {
  return `agent-${agent}`;
}

/**
 * A new credential of an Agent's device, for the eyes of the Enrollment's key and signed by the hub.
 *
 * @throws {AccountNotReady} where there is no ServiceAccount for this Enrollment
 */
export async function issueCredential(
  issuer: CredentialIssuer,
  agent: Agent,
  enrollment: Enrollment,
): Promise<string> {
  const { keys, provider, engine, hub } = issuer;
  const { namespace, name, uid } = agent.metadata;
  const { token, expirationTimestamp } = await createToken(issuer, {
    namespace: namespace!,
    account: deviceAccount(name),
    enrollment: enrollment.metadata.name,
  });
  return await sealCredential(keys, {
    ...provider.endpoint(namespace!),
    ...(engine.caData ? { caData: engine.caData } : {}),
    workspace: namespace!,
    agent: name,
    agentUID: uid!,
    token,
    tokenExpires: expirationTimestamp,
    hubURL: hub.url,
    ...(hub.caData ? { hubCAData: hub.caData } : {}),
    hubKeys: keys.keys().map(({ key }) => key),
    hubKeyEndorsements: keys.endorsements(),
  }, enrollment);
}

/** A token of the ServiceAccount that was made for this Enrollment, and of no other under its name. */
async function createToken(
  { client, tokenSeconds, signal }: CredentialIssuer,
  of: { namespace: string; account: string; enrollment: string },
): Promise<{ token: string; expirationTimestamp: string }> {
  const { namespace, account, enrollment } = of;
  const live = await client.tryGet<KubeObject>(ServiceAccount, account, {
    namespace,
    signal,
  });
  const notReady = (why: string) =>
    new AccountNotReady(
      `Cannot make a token for ServiceAccount ${namespace}/${account}: ${why}`,
    );
  if (!live) throw notReady("it is not there");
  if (live.metadata.annotations?.[ENROLLMENT_ANNOTATION] !== enrollment) {
    throw notReady("it is another device's");
  }
  try {
    const made = await client.createToken(namespace, account, {
      expirationSeconds: tokenSeconds,
      signal,
    });
    // Its name may have gone to another device between the two requests.
    if (accountOf(made.token) === live.metadata.uid) return made;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  throw notReady("it has just been deleted");
}

/** UID of a token's ServiceAccount. */
function accountOf(token: string): string | undefined {
  const claims = decodeJwt<
    { "kubernetes.io"?: { serviceaccount?: { uid?: string } } }
  >(token);
  return claims["kubernetes.io"]?.serviceaccount?.uid;
}
