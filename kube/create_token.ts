import type { RestClient } from "./contract.ts";
import { requestJson } from "./request_json.ts";
import { type Resource, resourcePath } from "./resource.ts";

/** Options of {@linkcode createToken}. */
export interface CreateTokenOptions {
  /** @default the server's: an hour */
  expirationSeconds?: number;
  /** Whom the token is for. @default the API server */
  audiences?: string[];
  /** The token ends with that object. */
  boundObjectRef?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid?: string;
  };
  signal?: AbortSignal;
}

/** A token, and when it ends. */
export interface CreatedToken {
  token: string;
  expirationTimestamp: string;
}

const SERVICE_ACCOUNTS: Resource = {
  group: "",
  version: "v1",
  plural: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
};

/** Makes a token of a ServiceAccount (TokenRequest). */
export async function createToken(
  rest: RestClient,
  options: CreateTokenOptions & { namespace: string; serviceAccount: string },
): Promise<CreatedToken> {
  const { namespace, serviceAccount, audiences = [], signal } = options;
  const { expirationSeconds, boundObjectRef } = options;
  const answer = await requestJson<{ status: CreatedToken }>(rest, {
    method: "POST",
    path: resourcePath(SERVICE_ACCOUNTS, {
      namespace,
      name: serviceAccount,
      subresource: "token",
    }),
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      spec: { expirationSeconds, audiences, boundObjectRef },
    },
    signal,
  });
  return answer.status;
}
