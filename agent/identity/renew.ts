import { HUB_API } from "../../api/names.ts";
import {
  type ChallengeResponse,
  ClaimType,
  type RenewalResponse,
} from "../../api/protocol/claims.ts";
import {
  type HeldCredential,
  openCredential,
  type OpenedCredential,
} from "./credential.ts";
import type { DeviceKeys } from "./device_keys.ts";
import { hubRequest } from "./hub_http.ts";
import type { HubTrust } from "./hub_trust.ts";

const MAX_ANSWER = 256 * 1024;

/**
 * Gets a new credential at the hub's own endpoint, by a signed challenge. The old token plays no part, so this works
 * after it has expired.
 *
 * @throws HubHttpError
 */
export async function renewCredential(
  credential: Pick<
    HeldCredential,
    "hubURL" | "hubCAData" | "namespace" | "workspace"
  >,
  { keys, trust, signal }: {
    keys: DeviceKeys;
    trust: HubTrust;
    signal: AbortSignal;
  },
): Promise<OpenedCredential> {
  const subject = {
    namespace: credential.workspace ?? credential.namespace,
    enrollment: keys.id,
  };
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const bytes = await hubRequest(`${credential.hubURL}${HUB_API}${path}`, {
      caData: credential.hubCAData,
      body,
      maxBytes: MAX_ANSWER,
      signal,
    });
    return JSON.parse(new TextDecoder().decode(bytes));
  };
  const { challenge } = await post<ChallengeResponse>(
    "/devices/challenge",
    subject,
  );
  const claim = { ...subject, challenge };
  const proof = await keys.sign(claim, ClaimType.renewal);
  const answer = await post<RenewalResponse>("/devices/credential", {
    ...claim,
    proof,
  });
  return await openCredential(answer.credential, { keys, trust });
}
