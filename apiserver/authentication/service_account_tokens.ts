/**
 * ServiceAccount tokens as kube-apiserver issues and checks them: JWTs bound to
 * the account's uid, and on demand to a Secret, which die with either.
 *
 * @module
 */
import {
  compactVerify,
  decodeProtectedHeader,
  type JWTPayload,
  SignJWT,
} from "jose";
import type { KubeObject, Reader, User } from "../types.ts";
import type { KeySet } from "./keys.ts";

/** Issuer of the tokens in `kubernetes.io/service-account-token` Secrets, which never expire. */
const LEGACY_ISSUER = "kubernetes/serviceaccount";
const LEGACY = "kubernetes.io/serviceaccount/";

/** Clocks of clients may be off by this much, in seconds (go-jose: DefaultLeeway). */
const LEEWAY = 60;

const CACHE_SIZE = 4096;

/** An object as claims name it. */
export interface Reference {
  name: string;
  uid: string;
}

interface Claims {
  namespace: string;
  serviceaccount: Reference;
  secret?: Reference;
}

/** What a token is issued for. */
export interface TokenOptions {
  namespace: string;
  account: Reference;
  secret?: Reference;
  audiences: string[];
  seconds: number;
}

/** Whom a valid token speaks for, and to whom. */
export interface VerifiedToken {
  user: User;
  audiences: string[];
}

/** Issues and checks tokens. */
export interface ServiceAccountTokens {
  issue(options: TokenOptions): Promise<{ token: string; expires: Date }>;
  /** The token of a `kubernetes.io/service-account-token` Secret. */
  issueLegacy(
    options: { namespace: string; account: Reference; secret: string },
  ): Promise<string>;
  /** Undefined where it is no token of this issuer; throws an Error with the reason where it is a bad one. */
  verify(
    token: string,
    audiences: string[],
  ): Promise<VerifiedToken | undefined>;
}

/** Tokens of `issuer`, signed by `keys`. */
export function serviceAccountTokens(options: {
  keys: KeySet;
  issuer: string;
  /** What tokens without an audience of their own are for. */
  audiences: string[];
  reader: Reader;
  now: () => Date;
}): ServiceAccountTokens {
  const { keys, issuer, reader, now } = options;
  // Checking a signature takes a hundred times as long as finding it here.
  const verified = new Map<string, { payload: JWTPayload; kid: string }>();

  function sign(payload: JWTPayload): Promise<string> {
    const key = keys.keys[0]!;
    return new SignJWT(payload)
      .setProtectedHeader({ alg: "ES256", kid: key.kid })
      .sign(key.private);
  }

  async function payloadOf(token: string): Promise<JWTPayload | undefined> {
    const known = verified.get(token);
    if (known) {
      // A key that is given up takes its tokens along.
      return keys.find(known.kid) ? known.payload : undefined;
    }
    let kid;
    try {
      kid = decodeProtectedHeader(token).kid;
    } catch {
      return undefined;
    }
    const key = keys.find(kid);
    if (!key) return undefined;
    let payload: JWTPayload;
    try {
      const checked = await compactVerify(token, key.public, {
        algorithms: ["ES256"],
      });
      payload = JSON.parse(new TextDecoder().decode(checked.payload));
    } catch {
      return undefined;
    }
    if (verified.size >= CACHE_SIZE) {
      verified.delete(verified.keys().next().value!);
    }
    verified.set(token, { payload, kid: key.kid });
    return payload;
  }

  function account(namespace: string, wanted: Reference): KubeObject {
    const found = reader.get({
      group: "",
      resource: "serviceaccounts",
      namespace,
      name: wanted.name,
    });
    if (!found || found.metadata.deletionTimestamp) {
      throw new Error("service account token has been invalidated");
    }
    if (found.metadata.uid !== wanted.uid) {
      throw new Error("service account UID does not match claim");
    }
    return found;
  }

  function secret(namespace: string, name: string): KubeObject {
    const found = reader.get({
      group: "",
      resource: "secrets",
      namespace,
      name,
    });
    if (!found || found.metadata.deletionTimestamp) {
      throw new Error("service account token has been invalidated");
    }
    return found;
  }

  function checkTimes(payload: JWTPayload): void {
    const seconds = now().getTime() / 1000;
    if (payload.exp !== undefined && seconds > payload.exp + LEEWAY) {
      throw new Error("service account token has expired");
    }
    if (payload.nbf !== undefined && seconds < payload.nbf - LEEWAY) {
      throw new Error("service account token is not valid yet");
    }
  }

  return {
    async issue({ namespace, account, secret, audiences, seconds }) {
      const iat = Math.floor(now().getTime() / 1000);
      const token = await sign({
        aud: audiences,
        exp: iat + seconds,
        iat,
        iss: issuer,
        jti: crypto.randomUUID(),
        "kubernetes.io": {
          namespace,
          ...(secret ? { secret } : {}),
          serviceaccount: account,
        },
        nbf: iat,
        sub: userName(namespace, account.name),
      });
      return { token, expires: new Date((iat + seconds) * 1000) };
    },
    issueLegacy({ namespace, account, secret }) {
      return sign({
        iss: LEGACY_ISSUER,
        [`${LEGACY}namespace`]: namespace,
        [`${LEGACY}secret.name`]: secret,
        [`${LEGACY}service-account.name`]: account.name,
        [`${LEGACY}service-account.uid`]: account.uid,
        sub: userName(namespace, account.name),
      });
    },
    async verify(token, audiences) {
      const payload = await payloadOf(token);
      if (!payload) return undefined;
      if (payload.iss === LEGACY_ISSUER) {
        const claim = (name: string) => String(payload[LEGACY + name] ?? "");
        const namespace = claim("namespace");
        const held = secret(namespace, claim("secret.name"));
        if (held.data?.token !== btoa(token)) {
          throw new Error("service account token has been invalidated");
        }
        const user = serviceAccountUser(
          namespace,
          account(namespace, {
            name: claim("service-account.name"),
            uid: claim("service-account.uid"),
          }),
        );
        return { user, audiences: options.audiences };
      }
      if (payload.iss !== issuer) return undefined;
      checkTimes(payload);
      const meant = [payload.aud ?? []].flat();
      const common = meant.filter((a) => audiences.includes(a));
      if (common.length === 0) {
        throw new Error(
          `token audiences ${
            JSON.stringify(meant)
          } is invalid for the target audiences ${JSON.stringify(audiences)}`,
        );
      }
      const claims = payload["kubernetes.io"] as Claims;
      if (claims.secret) {
        const bound = secret(claims.namespace, claims.secret.name);
        if (bound.metadata.uid !== claims.secret.uid) {
          throw new Error("service account token has been invalidated");
        }
      }
      const user = serviceAccountUser(
        claims.namespace,
        account(claims.namespace, claims.serviceaccount),
      );
      user.extra = {
        "authentication.kubernetes.io/credential-id": [`JTI=${payload.jti}`],
      };
      return { user, audiences: common };
    },
  };
}

/** `system:serviceaccount:NAMESPACE:NAME` */
export function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Groups that every ServiceAccount of a namespace is in. */
export function accountGroups(namespace: string): string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

function serviceAccountUser(namespace: string, account: KubeObject): User {
  return {
    name: userName(namespace, account.metadata.name),
    uid: account.metadata.uid,
    groups: [...accountGroups(namespace), "system:authenticated"],
  };
}
