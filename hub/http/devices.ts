import { type Context, Hono } from "hono";
import { type CryptoKey, importJWK } from "jose";
import { z } from "zod";
import { Agent } from "../../api/agent.ts";
import { Enrollment } from "../../api/enrollment.ts";
import { DnsLabel } from "../../api/meta.ts";
import {
  type ChallengeResponse,
  ClaimType,
  type RenewalResponse,
  signatureAlgorithm,
} from "../../api/protocol/claims.ts";
import type { Clock } from "../../kube/clock.ts";
import {
  AccountNotReady,
  type CredentialIssuer,
  issueCredential,
} from "../controllers/issue_credential.ts";
import { isDenied } from "../controllers/ownership.ts";
import { Challenges } from "../keys/challenge.ts";
import { verifyClaim } from "../keys/hub_keys.ts";
import type { HubMetrics } from "../metrics.ts";
import { Bodies } from "./bodies.ts";
import {
  addressOf,
  type ConnectionEnv,
  rateLimit,
  type RateLimitOptions,
} from "./rate_limit.ts";
import { StatusError } from "./status_error.ts";

/** Options of {@linkcode deviceRoutes}. */
export interface DeviceRoutesOptions extends CredentialIssuer {
  metrics: HubMetrics;
  /** Of one address, which may be a whole site's. @default 20 a second, 200 at once */
  limit?: RateLimitOptions;
  clock?: Clock;
}

/** A challenge with its proof takes two. */
const MAX_BODY = 16 * 1024;
/** Of one address, which may be a whole site's: as many as may come at once. */
const MAX_OF_ADDRESS = 200 * MAX_BODY;
const MAX_OF_ALL = 4096 * MAX_BODY;
/** Milliseconds that a body may take to come. */
const DEADLINE = 10_000;

const Key = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hex digits");
const Challenge = z.object({ namespace: DnsLabel, enrollment: Key });
const Renewal = Challenge.extend({
  challenge: z.string().max(1024),
  proof: z.string().max(8192),
});

/**
 * How a device gets a new credential: it asks for a challenge, signs it with
 * the key it enrolled with, and is given a token encrypted to its other key.
 * No token is needed, so a device that was dark past its token's end gets on.
 */
export function deviceRoutes(options: DeviceRoutesOptions) {
  const { keys, clock, metrics } = options;
  const challenges = new Challenges(keys, { clock });
  const { limit = { rate: 20, burst: 200, clock } } = options;
  const bodies = new Bodies({
    largest: MAX_BODY,
    perAddress: MAX_OF_ADDRESS,
    total: MAX_OF_ALL,
    deadline: DEADLINE,
    clock,
  });
  const read = async <T extends z.ZodType>(
    c: Context<ConnectionEnv>,
    schema: T,
  ): Promise<z.infer<T>> => {
    using body = await bodies.read(c.req.raw, addressOf(c));
    return parse(body.bytes, schema);
  };
  return new Hono<ConnectionEnv>()
    .use(rateLimit(limit))
    .post("/challenge", async (c) => {
      const subject = await read(c, Challenge);
      const challenge = await challenges.issue(subject);
      return c.json<ChallengeResponse>({ challenge });
    })
    .post("/credential", async (c) => {
      const { namespace, enrollment: name, challenge, proof } = await read(
        c,
        Renewal,
      );
      if (
        !await challenges.redeem(challenge, { namespace, enrollment: name })
      ) {
        throw new StatusError(
          401,
          "the challenge is not the hub's, has been used, or is more than a minute old; ask for another",
        );
      }
      const { client } = options;
      const enrollment = await client.tryGet<Enrollment>(Enrollment, name, {
        namespace,
      });
      if (!enrollment) {
        throw new StatusError(
          404,
          `no device with key ${name} has enrolled in workspace ${namespace}, or its Enrollment has been deleted`,
        );
      }
      const claim = { namespace, enrollment: name, challenge };
      const signing = enrollment.spec.keys.signing;
      const key = await importJWK({ ...signing }, signatureAlgorithm(signing))
        .catch(() => undefined);
      const typ = ClaimType.renewal;
      if (
        !key || !await verifyClaim(proof, { key: key as CryptoKey, claim, typ })
      ) {
        throw new StatusError(
          401,
          "the proof is not a signature of the challenge by the key that enrolled",
        );
      }
      const credential = await renew(options, enrollment);
      metrics.count("faros_credentials_renewed_total");
      return c.json<RenewalResponse>({ credential });
    });
}

async function renew(
  issuer: CredentialIssuer,
  enrollment: Enrollment,
): Promise<string> {
  const { client } = issuer;
  const { namespace } = enrollment.metadata;
  const { agent: name } = enrollment.spec;
  const uid = enrollment.status?.agentUID;
  if (isDenied(enrollment)) {
    throw new StatusError(
      410,
      `a person has denied this device to be Agent ${name}`,
    );
  }
  if (!uid) {
    const ready = enrollment.status?.conditions?.find((c) =>
      c.type === "Ready"
    );
    throw new StatusError(
      410,
      `this device is not Agent ${name}${
        ready ? `: ${ready.message}` : " yet"
      }`,
    );
  }
  const agent = await client.tryGet<Agent>(Agent, name, { namespace });
  if (agent?.metadata.uid !== uid || agent.metadata.deletionTimestamp) {
    throw new StatusError(410, `Agent ${name} has been deleted`);
  }
  try {
    return await issueCredential(issuer, agent, enrollment);
  } catch (error) {
    if (!(error instanceof AccountNotReady)) throw error;
    throw new StatusError(
      503,
      `the ServiceAccount of Agent ${name} is not there yet; try again`,
    );
  }
}

function parse<T extends z.ZodType>(bytes: Uint8Array, schema: T): z.infer<T> {
  const parsed = schema.safeParse(json(bytes));
  if (parsed.success) return parsed.data;
  throw new StatusError(
    400,
    `the body is not as it has to be: ${
      parsed.error.issues.map((issue) =>
        `${issue.path.join(".") || "it"}: ${issue.message}`
      ).join("; ")
    }`,
  );
}

/** What is no JSON is undefined, which no schema takes. */
function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
