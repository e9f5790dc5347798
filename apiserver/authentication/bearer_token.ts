/** What an `Authorization` header says. */
export interface BearerToken {
  token?: string;
  /** What its sender should know. */
  warning?: string;
}

/**
 * The token of an `Authorization` header: the word behind one space, whatever comes after it. Every other header, such
 * as one for basic authentication, says nothing of who sent it.
 *
 * Source: `bearertoken.Authenticator` of k8s.io/apiserver.
 */
export function bearerToken(header: string | null): BearerToken {
  const [scheme, token, ...rest] = header?.trim().split(" ") ?? [];
  if (scheme?.toLowerCase() !== "bearer" || token === undefined) return {};
  if (token !== "") return { token };
  return rest.length > 0
    ? {
      warning:
        "the provided Authorization header contains extra space before the bearer token, and is ignored",
    }
    : {};
}
