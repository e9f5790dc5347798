/**
 * The Secret of a Registration: what a device joins with.
 *
 * @module
 */
import { decodeJwt } from "jose";
import { stringify } from "yaml";
import type { SecretObject } from "../keys/key_secret.ts";

/** Type of the Secret; plugins' configs may not refer to it. */
export const JOIN_SECRET_TYPE = "faros.sh/join";

/** What {@linkcode joinSecretData} puts together. */
export interface JoinSecretOptions {
  token: string;
  /** Earlier tokens that still serve. */
  previous: string[];
  /** URL of the Kubernetes API. */
  server: string;
  /** PEM. */
  caData?: string;
  namespace: string;
  /** Of the kubeconfig's context. */
  extension: { name: string; extension: Record<string, unknown> };
}

/** `data` of the Secret. */
export function joinSecretData(
  options: JoinSecretOptions,
): Record<string, string> {
  const { token, previous, server, caData, namespace, extension } = options;
  const name = "faros";
  const kubeconfig = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name,
      cluster: {
        server,
        ...(caData ? { "certificate-authority-data": base64(caData) } : {}),
      },
    }],
    users: [{ name, user: { token } }],
    contexts: [{
      name,
      context: {
        cluster: name,
        user: name,
        namespace,
        extensions: [extension],
      },
    }],
    "current-context": name,
  });
  const fields = {
    token,
    "ca.crt": caData ?? "",
    server,
    kubeconfig,
    ...(previous.length ? { "previous-tokens": previous.join("\n") } : {}),
  };
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, base64(value)]),
  );
}

/** The tokens that a device may have joined with: the current one first, no expired ones. */
export function joinTokens(secret: SecretObject, now: number): string[] {
  const tokens = [
    text(secret, "token"),
    ...text(secret, "previous-tokens").split("\n"),
  ];
  return tokens.filter((token) => token && lifeOf(token).expires > now);
}

/** When the token is to be replaced: at two thirds of its life. Undefined where there is none. */
export function renewalTime(secret: SecretObject): number | undefined {
  const token = text(secret, "token");
  if (!token) return undefined;
  const { issued, expires } = lifeOf(token);
  return issued + (expires - issued) * 2 / 3;
}

function lifeOf(token: string): { issued: number; expires: number } {
  try {
    const { iat = 0, exp = 0 } = decodeJwt(token);
    return { issued: iat * 1000, expires: exp * 1000 };
  } catch {
    return { issued: 0, expires: 0 }; // somebody wrote something else there
  }
}

function text(secret: SecretObject, key: string): string {
  const data = secret.data?.[key];
  return data ? new TextDecoder().decode(Uint8Array.fromBase64(data)) : "";
}

function base64(value: string): string {
  return new TextEncoder().encode(value).toBase64();
}
