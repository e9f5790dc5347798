import assert from "node:assert/strict";
import type { Assignment } from "../../api/agent.ts";
import { assignmentClaim, ClaimType } from "../../api/protocol/claims.ts";
import { HubTrust, type KeyOffer } from "../identity/hub_trust.ts";
import { StateFolder } from "../state/state_folder.ts";
import { createHubKey, type HubKey } from "../testing/hub_key.ts";
import { AssignmentRejected, verifyAssignment } from "./verify_assignment.ts";

const self = { namespace: "site", agent: "press-1", agentUID: "uid-1" };

async function assign(
  key: HubKey,
  change: Partial<Assignment> & { typ?: string; of?: Partial<typeof self> } =
    {},
): Promise<Assignment> {
  const { typ = ClaimType.assignment, of, ...fields } = change;
  const assignment = {
    agentUID: self.agentUID,
    revision: "r-1",
    counter: 10,
    signer: key.id,
    time: "2026-01-01T00:00:00Z",
    ...fields,
  };
  const claim = assignmentClaim(assignment, { ...self, ...of });
  return { ...assignment, signature: await key.sign(claim, typ) };
}

async function proofBy(key: HubKey): Promise<KeyOffer["proof"]> {
  const [claim, typ] = [{}, ClaimType.credential];
  return { jws: await key.sign(claim, typ), claim, typ };
}

async function withTrust(
  test: (trust: HubTrust, hub: HubKey) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-trust-" });
  try {
    using state = await StateFolder.open(dir);
    const trust = await HubTrust.open(state);
    const hub = await createHubKey();
    await trust.learn({
      keys: [hub.public],
      anchor: { origin: "here", keys: [hub.public] },
      proof: await proofBy(hub),
    });
    await test(trust, hub);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const cases: {
  name: string;
  value: (hub: HubKey) => Promise<unknown>;
  why: RegExp;
}[] = [
  {
    name: "with a field changed by hand",
    value: async (hub) => ({ ...await assign(hub), revision: "r-2" }),
    why: /something else/,
  },
  {
    name: "whose signature was made up",
    value: async (hub) => {
      const assignment = await assign(hub);
      const [head, body] = assignment.signature.split(".");
      return { ...assignment, signature: `${head}.${body}.${"A".repeat(86)}` };
    },
    why: /signature is not valid/,
  },
  {
    name: "without a signature",
    value: async (hub) => ({ ...await assign(hub), signature: "none" }),
    why: /not a JWS/,
  },
  {
    name: "signed by a key that is not the hub's",
    value: async () => await assign(await createHubKey()),
    why: /not a key of the hub that this device knows/,
  },
  {
    name: "of another device",
    value: (hub) =>
      assign(hub, { agentUID: "uid-2", of: { agent: "press-2" } }),
    why: /for agent UID uid-2, this one is uid-1/,
  },
  {
    name: "of another device, its UID changed to fit",
    value: async (hub) => ({
      ...await assign(hub, { agentUID: "uid-2" }),
      agentUID: "uid-1",
    }),
    why: /something else/,
  },
  {
    name: "of another namespace",
    value: (hub) => assign(hub, { of: { namespace: "other" } }),
    why: /something else/,
  },
  {
    name: "with a signature of another kind of claim",
    value: (hub) => assign(hub, { typ: ClaimType.artifact }),
    why: /faros-artifact/,
  },
  {
    name: "with an older counter",
    value: (hub) => assign(hub, { counter: 9 }),
    why: /counter 9 does not grow: the device acts on 10/,
  },
  {
    name: "with the same counter for another revision",
    value: (hub) => assign(hub, { revision: "r-9" }),
    why: /counter 10 does not grow/,
  },
  {
    name: "that is half",
    value: () => Promise.resolve({ revision: "r-1" }),
    why: /agentUID/,
  },
];

for (const { name, value, why } of cases) {
  Deno.test(`an assignment ${name} is refused, and the message says why`, () =>
    withTrust(async (trust, hub) => {
      const last = await assign(hub);
      await assert.rejects(
        verifyAssignment(await value(hub), { trust, self, last }),
        (error: Error) => {
          assert.ok(error instanceof AssignmentRejected);
          assert.match(error.message, why);
          return true;
        },
      );
    }));
}

Deno.test("an assignment by the hub with a higher counter is followed; the same once more is not news", () =>
  withTrust(async (trust, hub) => {
    const last = await assign(hub);
    const next = await assign(hub, { counter: 11, commit: "abc" });
    assert.deepEqual(await verifyAssignment(next, { trust, self, last }), next);
    assert.equal(
      await verifyAssignment(last, { trust, self, last }),
      undefined,
    );
  }));

Deno.test("an Agent that was made anew counts anew", () =>
  withTrust(async (trust, hub) => {
    const last = await assign(hub, { agentUID: "uid-0", counter: 99 });
    const next = await assign(hub, { counter: 1 });
    assert.deepEqual(await verifyAssignment(next, { trust, self, last }), next);
  }));

Deno.test("a new key of the hub counts once a known one vouches for it, over any number of steps", () =>
  withTrust(async (trust, hub) => {
    const [second, third, stranger] = await Promise.all([
      createHubKey(),
      createHubKey(),
      createHubKey(),
    ]);
    const refused = await trust.learn({
      keys: [third.public, second.public, stranger.public],
      endorsements: [
        await second.vouch(third),
        await hub.vouch(second),
        await stranger.vouch(stranger),
      ],
      proof: await proofBy(third),
    });
    assert.deepEqual(refused, [stranger.id]);
    await verifyAssignment(await assign(third), { trust, self });
    await assert.rejects(
      verifyAssignment(await assign(stranger), { trust, self }),
      AssignmentRejected,
    );
    // The first has been retired: it was not in the last offer.
    await assert.rejects(
      verifyAssignment(await assign(hub), { trust, self }),
      AssignmentRejected,
    );
  }));
