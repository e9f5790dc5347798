/**
 * Who makes a request: bearer tokens of the administrator, of ServiceAccounts
 * and of whatever further authenticator is given.
 *
 * @module
 */
import { base64url } from "jose";
import { unauthorized } from "../errors.ts";
import type { JsonObject, Reader, User } from "../types.ts";
import { bearerToken } from "./bearer_token.ts";
import { type KeySet, openKeySet } from "./keys.ts";
import { writePrivate } from "./private_file.ts";
import {
  type ServiceAccountTokens,
  serviceAccountTokens,
  type VerifiedToken,
} from "./service_account_tokens.ts";

export type { VerifiedToken };

/** Checks one kind of token (OIDC, a webhook). */
export interface TokenAuthenticator {
  /**
   * Undefined where the token is none of this kind, so that the next one is
   * asked; throws an Error that says why where it is a bad one.
   */
  verify(
    token: string,
    audiences: string[],
  ): Promise<VerifiedToken | undefined>;
}

/** Options of {@linkcode createAuthentication}. */
export interface AuthenticationOptions {
  /** Where keys and the administrator's token are kept; without it they live in memory. */
  dataDir?: string;
  reader: Reader;
  /** `iss` of ServiceAccount tokens, and the audience of those that ask for none. */
  issuer?: string;
  /** Audiences that this server answers to; the issuer by default. */
  audiences?: string[];
  /** Asked after the built-in ones, in this order. */
  authenticators?: TokenAuthenticator[];
  now?: () => Date;
}

/** The authenticator of the server. */
export interface Authentication {
  /**
   * Who sent a request with these headers; where nobody need be asked, at once.
   *
   * @param warn Takes what the sender should know.
   * @throws {StatusError} 401 for a bad token.
   */
  authenticate(
    headers: Headers,
    warn?: (text: string) => void,
  ): User | Promise<User>;
  /** What TokenReview answers as its `status`. */
  review(token: string, audiences?: string[]): Promise<JsonObject>;
  /** Bearer token of `system:admin`, a member of system:masters. */
  readonly adminToken: string;
  readonly audiences: string[];
  readonly tokens: ServiceAccountTokens;
  readonly keys: KeySet;
  /** `/.well-known/openid-configuration` */
  openidConfiguration(jwksUri: string): JsonObject;
  /** `/openid/v1/jwks` */
  jwks(): JsonObject;
}

/** The user without a token. */
export const ANONYMOUS: User = {
  name: "system:anonymous",
  groups: ["system:unauthenticated"],
};

const ADMIN: User = {
  name: "system:admin",
  groups: ["system:masters", "system:authenticated"],
};

/** Opens (at first start makes) keys and token, and answers who somebody is. */
export async function createAuthentication(
  options: AuthenticationOptions,
): Promise<Authentication> {
  const {
    dataDir,
    reader,
    issuer = "https://kubernetes.default.svc",
    audiences = [issuer],
    authenticators = [],
    now = () => new Date(),
  } = options;
  const file = (name: string) => dataDir && `${dataDir}/${name}`;
  const keys = await openKeySet(file("service-account-keys.json"));
  const adminToken = await openAdminToken(file("admin.token"));
  const tokens = serviceAccountTokens({
    keys,
    issuer,
    audiences,
    reader,
    now,
  });

  const all: TokenAuthenticator[] = [
    {
      verify(token) {
        const same = sameText(token, adminToken);
        return Promise.resolve(
          same ? { user: ADMIN, audiences } : undefined,
        );
      },
    },
    tokens,
    ...authenticators,
  ];

  /** The first answer, or why there is none. */
  async function verify(
    token: string,
    wanted: string[],
  ): Promise<VerifiedToken | string[]> {
    const errors = ["invalid bearer token"];
    for (const authenticator of all) {
      try {
        const found = await authenticator.verify(token, wanted);
        if (found) return found;
      } catch (error) {
        errors.push(error instanceof Error ? error.message : String(error));
      }
    }
    return errors;
  }

  async function userOf(token: string): Promise<User> {
    const found = await verify(token, audiences);
    if (Array.isArray(found)) throw unauthorized();
    return found.user;
  }

  return {
    adminToken,
    audiences,
    tokens,
    keys,
    authenticate(headers, warn) {
      const { token, warning } = bearerToken(headers.get("authorization"));
      if (warning) warn?.(warning);
      if (token === undefined) return ANONYMOUS;
      return sameText(token, adminToken) ? ADMIN : userOf(token);
    },
    async review(token, wanted = audiences) {
      const found = await verify(token, wanted);
      if (Array.isArray(found)) {
        const error = found.length === 1 ? found[0]! : `[${found.join(", ")}]`;
        return { user: {}, error };
      }
      const { user } = found;
      const common = found.audiences.filter((a) => wanted.includes(a));
      if (common.length === 0) {
        return { user: {}, error: "invalid bearer token" };
      }
      return { authenticated: true, user: userInfo(user), audiences: common };
    },
    openidConfiguration: (jwksUri) => ({
      issuer,
      jwks_uri: jwksUri,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: ["ES256"],
    }),
    jwks: () => ({ keys: keys.keys.map((key) => ({ ...key.publicJwk })) }),
  };
}

/** A user as `UserInfo` of authentication.k8s.io. */
export function userInfo(user: User): JsonObject {
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    groups: user.groups,
    ...(user.extra ? { extra: user.extra } : {}),
  };
}

/** Compares in a time that says nothing of where two texts differ. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) {
    different |= a.charCodeAt(i) ^ b.charCodeAt(i);
  }
  return different === 0;
}

async function openAdminToken(file: string | undefined): Promise<string> {
  if (file) {
    try {
      const text = (await Deno.readTextFile(file)).trim();
      if (text) return text;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const token = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  if (file) await writePrivate(file, token + "\n");
  return token;
}
