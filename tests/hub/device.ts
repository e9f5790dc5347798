import {
  compactDecrypt,
  CompactSign,
  decodeJwt,
  exportJWK,
  generateKeyPair,
} from "jose";
import { Enrollment } from "../../api/enrollment.ts";
import type { KubeObject } from "../../api/meta.ts";
import { HUB_API } from "../../api/names.ts";
import type { PublicJwk } from "../../api/plugin_entry.ts";
import { canonicalJson } from "../../api/protocol/canonical_json.ts";
import {
  ClaimType,
  type Credential,
  type CredentialClaim,
  joinProof,
  keyId,
} from "../../api/protocol/claims.ts";
import type { KubeClient } from "../../kube/client.ts";

type Key = Awaited<ReturnType<typeof generateKeyPair>>["privateKey"];

/** What a device does to join and to renew, without an agent around it. */
export class TestDevice {
  readonly id: string;
  readonly keys: { signing: PublicJwk; agreement: PublicJwk };
  readonly #signing: Key;
  readonly #agreement: Key;

  private constructor(parts: {
    id: string;
    keys: TestDevice["keys"];
    signing: Key;
    agreement: Key;
  }) {
    this.id = parts.id;
    this.keys = parts.keys;
    this.#signing = parts.signing;
    this.#agreement = parts.agreement;
  }

  static async make(): Promise<TestDevice> {
    const signing = await generateKeyPair("ES256", { extractable: true });
    const agreement = await generateKeyPair("ECDH-ES+A256KW", {
      extractable: true,
    });
    const keys = {
      signing: await publicJwk(signing.publicKey),
      agreement: await publicJwk(agreement.publicKey),
    };
    return new TestDevice({
      id: await keyId(keys.signing),
      keys,
      signing: signing.privateKey,
      agreement: agreement.privateKey,
    });
  }

  /** Asks to join. */
  async enroll(
    client: KubeClient,
    of: {
      namespace: string;
      /** @default {namespace} */
      workspace?: string;
      agent: string;
      registration: string;
      /** Join token. */
      token: string;
    },
  ): Promise<void> {
    const { namespace, workspace = namespace, agent, registration, token } = of;
    const claim = {
      namespace: workspace,
      agent,
      registration,
      keys: this.keys,
    };
    await client.create<KubeObject>(Enrollment, {
      apiVersion: Enrollment.apiVersion,
      kind: Enrollment.kind,
      metadata: { name: this.id, namespace },
      spec: {
        agent,
        registration,
        keys: this.keys,
        proof: await this.sign(claim, ClaimType.enrollment),
        joinProof: await joinProof(claim, token),
      },
    } as KubeObject);
  }

  async sign(claim: unknown, typ: string): Promise<string> {
    return await new CompactSign(
      new TextEncoder().encode(canonicalJson(claim)),
    ).setProtectedHeader({ alg: "ES256", typ }).sign(this.#signing);
  }

  /** What the hub has sealed for it; who sealed it is not checked. */
  async decrypt(sealed: string): Promise<Credential> {
    const { jwe } = decodeJwt<CredentialClaim>(sealed);
    const { plaintext } = await compactDecrypt(jwe, this.#agreement);
    return JSON.parse(new TextDecoder().decode(plaintext));
  }

  /** Answers a challenge of the hub. */
  async renew(hubURL: string, namespace: string): Promise<Response> {
    const asked = await post(`${hubURL}${HUB_API}/devices/challenge`, {
      namespace,
      enrollment: this.id,
    });
    const { challenge } = await asked.json();
    const claim = { namespace, enrollment: this.id, challenge };
    const proof = await this.sign(claim, ClaimType.renewal);
    return await post(`${hubURL}${HUB_API}/devices/credential`, {
      ...claim,
      proof,
    });
  }
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(body) });
}

async function publicJwk(key: CryptoKey): Promise<PublicJwk> {
  const { kty, crv, x, y } = await exportJWK(key);
  return { kty: kty!, crv: crv!, x: x!, y: y! };
}
