/**
 * What hub and device sign for each other. Each claim is signed as a compact JWS (RFC 7515; Ed25519 or ES256, as the key is) whose payload is the
 * claim's canonical JSON and whose `typ` header says which claim it is, so that no signature passes for another.
 *
 * @module
 */
import type { Assignment } from "../agent.ts";
import type { PublicJwk } from "../plugin_entry.ts";
import type { Revision } from "../revision.ts";
import { canonicalJson, sha256Hex } from "./canonical_json.ts";

/** `typ` headers of the claims. */
export const ClaimType = {
  /** {@linkcode AssignmentClaim}, by the hub. */
  assignment: "faros-assignment+json",
  /** {@linkcode EnrollmentClaim}, by the device. */
  enrollment: "faros-enrollment+json",
  /** {@linkcode RenewalClaim}, by the device. */
  renewal: "faros-renewal+json",
  /** {@linkcode ArtifactClaim}, by a plugin's publisher. */
  artifact: "faros-artifact+json",
  /** {@linkcode CredentialClaim}, by the hub. */
  credential: "faros-credential+json",
  /** {@linkcode HubKeyClaim}, by the hub's previous key. */
  hubKey: "faros-hub-key+json",
} as const;

/** What the hub signs in `Agent.status.assignment.signature`. */
export interface AssignmentClaim extends Omit<Assignment, "signature"> {
  /** Name of the Agent's workspace, which is its namespace as the hub sees it. */
  namespace: string;
  /** Name of the Agent. */
  agent: string;
}

/** The claim of an assignment of the Agent `namespace`/`agent`. */
export function assignmentClaim(
  assignment: Omit<Assignment, "signature">,
  of: { namespace: string; agent: string },
): AssignmentClaim {
  const { agentUID, revision, counter, commit, signer, time } = assignment;
  return {
    ...of,
    agentUID,
    revision,
    counter,
    ...(commit === undefined ? {} : { commit }),
    signer,
    time,
  };
}

/** What a device proves to join: the `proof` (JWS) and `joinProof` (HMAC) of an Enrollment are both over it. */
export interface EnrollmentClaim {
  /** Name of the workspace. */
  namespace: string;
  agent: string;
  registration: string;
  keys: { signing: PublicJwk; agreement: PublicJwk };
}

/** What a device signs to get a new credential. */
export interface RenewalClaim {
  /** Name of the workspace. */
  namespace: string;
  /** Name of its Enrollment. */
  enrollment: string;
  /** As the hub gave it a moment ago. */
  challenge: string;
}

/** What a publisher signs of each artifact. */
export interface ArtifactClaim {
  plugin: string;
  version: string;
  /** `sha256:…` */
  digest: string;
}

/** What the hub's old signing key signs of the new one. */
export interface HubKeyClaim {
  key: PublicJwk;
}

/**
 * What a device finds in `Enrollment.status.credential`, as a JWS by the hub: a credential that it wrote for this very
 * device. Whoever else may write that status can put nothing of their own there.
 */
export interface CredentialClaim {
  /** Name of the Enrollment. */
  enrollment: string;
  /** {@linkcode Credential}, encrypted to the device's agreement key (JWE, ECDH-ES+A256KW, A256GCM). */
  jwe: string;
}

/** How a device gets at the Kubernetes API and at the hub, and the keys that it is to know the hub by. */
export interface Credential {
  /** URL of the Kubernetes API. */
  server: string;
  /** PEM; absent where the system's roots serve. */
  caData?: string;
  /** Where the device's objects are, at `server`. */
  namespace: string;
  /** Name of the workspace: `namespace` of what hub and device sign for each other. @default {namespace} */
  workspace?: string;
  agent: string;
  agentUID: string;
  /** ServiceAccount token. */
  token: string;
  /** RFC 3339; the device renews well before. */
  tokenExpires: string;
  /** URL of the hub's own HTTP endpoint; artifacts and renewal are there. */
  hubURL: string;
  /** PEM of the CA that signs hubURL's certificate; absent where the system's roots serve. */
  hubCAData?: string;
  /** Public keys that assignments are signed with, the current one first. */
  hubKeys: PublicJwk[];
  /**
   * JWS of a {@linkcode HubKeyClaim} for each of `hubKeys` that an older key vouches for, and for those in between that
   * have been dropped since. A device takes a key that is new to it only where a key that it knows, at first one that
   * its join kubeconfig names, vouches for it, directly or by others in between.
   */
  hubKeyEndorsements?: string[];
}

/** `POST {hubURL}/faros.sh/api/v1alpha1/devices/challenge` */
export interface ChallengeRequest {
  namespace: string;
  enrollment: string;
}
export interface ChallengeResponse {
  challenge: string;
}
/** `POST {hubURL}/faros.sh/api/v1alpha1/devices/credential`: `proof` is a JWS of the {@linkcode RenewalClaim}. */
export interface RenewalRequest extends RenewalClaim {
  proof: string;
}
export interface RenewalResponse {
  /** JWS of a {@linkcode CredentialClaim}. */
  credential: string;
}

/** SHA-256 thumbprint of a public key (RFC 7638 input), in lower-case hex: names Enrollments and hub keys. */
export function keyId(key: PublicJwk): Promise<string> {
  const { crv, kty, x, y } = key;
  return sha256Hex(canonicalJson({ crv, kty, x, ...(y ? { y } : {}) }));
}

/** JWS algorithms (RFC 7518, RFC 9864) that signatures of claims may name; `EdDSA` is the older name of Ed25519. */
export const SIGNATURE_ALGORITHMS = ["Ed25519", "EdDSA", "ES256"];

/** JWS algorithm that a key is for: `Ed25519`, or `ES256` for one on P-256. */
export function signatureAlgorithm({ crv }: { crv?: string }): string {
  return crv === "Ed25519" ? "Ed25519" : "ES256";
}

/** Name of the Revision with this content. */
export async function revisionName(spec: Revision["spec"]): Promise<string> {
  return `r-${(await sha256Hex(canonicalJson(spec))).slice(0, 40)}`;
}

/** base64url HMAC-SHA256 of `claim`'s canonical JSON under the join token. */
export async function joinProof(
  claim: EnrollmentClaim,
  token: string,
): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey(
    "raw",
    encoder.encode(token),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign(
    "HMAC",
    key,
    encoder.encode(canonicalJson(claim)),
  );
  return new Uint8Array(mac).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
}
