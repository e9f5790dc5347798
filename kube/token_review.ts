import type { RestClient } from "./contract.ts";
import { requestJson } from "./request_json.ts";

/** Who a TokenReview says a token is. */
export interface TokenReviewStatus {
  authenticated: boolean;
  user?: {
    username: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
  audiences?: string[];
  error?: string;
}

/** Options of {@linkcode tokenReview}. */
export interface TokenReviewOptions {
  /** Whom the token has to be for. @default the API server */
  audiences?: string[];
  signal?: AbortSignal;
}

/** Asks the server whose token that is. */
export async function tokenReview(
  rest: RestClient,
  options: TokenReviewOptions & { token: string },
): Promise<TokenReviewStatus> {
  const { token, audiences, signal } = options;
  const { status } = await requestJson<{ status?: TokenReviewStatus }>(rest, {
    method: "POST",
    path: "/apis/authentication.k8s.io/v1/tokenreviews",
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences },
    },
    signal,
  });
  return { ...status, authenticated: !!status?.authenticated };
}
