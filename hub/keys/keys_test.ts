import assert from "node:assert/strict";
import { decodeProtectedHeader, exportJWK, generateKeyPair } from "jose";
import type { Agent } from "../../api/agent.ts";
import { ClaimType, keyId } from "../../api/protocol/claims.ts";
import { FakeClock } from "../../kube/clock.ts";
import { nextCounter, signAssignment, verifyAssignment } from "./assignment.ts";
import { Challenges } from "./challenge.ts";
import { HubKeys } from "./hub_keys.ts";
import {
  createKeyRing,
  type KeyRing,
  nextRotation,
  publicKey,
  rotateDue,
  withNextKey,
} from "./key_ring.ts";

const TIMES = { overlap: 10, retention: 100 };

function agent(name: string, uid: string, assignment?: unknown): Agent {
  return {
    apiVersion: "edge.faros.sh/v1alpha1",
    kind: "Agent",
    metadata: { name, namespace: "a", uid },
    spec: {},
    status: assignment ? { assignment } : {},
  } as Agent;
}

Deno.test("a new key is announced first, used after the overlap, and the old one ends after the retention", async () => {
  let ring = await createKeyRing(0);
  const [first] = ring.keys;
  assert.equal(nextRotation(ring, TIMES), undefined);
  ring = await withNextKey(ring, 5);
  const second = ring.keys[1]!;
  assert.equal(ring.current, first!.id);
  assert.equal(rotateDue(ring, { ...TIMES, now: 14 }), ring);
  assert.equal(nextRotation(ring, TIMES), 15);

  // The old key vouches for the new one.
  const keys = new HubKeys(ring);
  const claim = { key: publicKey(second) };
  const typ = ClaimType.hubKey;
  assert.ok(await keys.verify(second.endorsement!, { claim, typ }));

  ring = rotateDue(ring, { ...TIMES, now: 15 });
  assert.equal(ring.current, second.id);
  assert.equal(ring.keys.length, 2);
  assert.equal(nextRotation(ring, TIMES), 115);
  ring = rotateDue(ring, { ...TIMES, now: 115 });
  assert.deepEqual(ring.keys.map((key) => key.id), [second.id]);
});

Deno.test("a ring of keys on P-256 goes on, and the next key is an Ed25519 one that it vouches for", async () => {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { kty, crv, x, y, d } = await exportJWK(privateKey);
  const id = await keyId({ kty: kty!, crv: crv!, x: x!, y });
  const hmac = (await createKeyRing(0)).hmac;
  let ring: KeyRing = {
    current: id,
    keys: [{ id, private: { kty, crv, x, y, d }, created: 0 }],
    hmac,
  };
  const old = new HubKeys(ring);
  const one = agent("one", "1");
  const order = { revision: "r-1", counter: 1, time: "2026-01-01T00:00:00Z" };
  const before = await signAssignment(old, one, order);
  assert.equal(alg(before.signature), "ES256");

  ring = rotateDue(await withNextKey(ring, 0), { ...TIMES, now: 10 });
  const keys = new HubKeys(ring);
  const next = ring.keys[1]!;
  assert.equal(ring.current, next.id);
  assert.equal(publicKey(next).crv, "Ed25519");
  assert.equal(alg(next.endorsement!), "ES256");
  const claim = { key: publicKey(next) };
  assert.ok(
    await keys.verify(next.endorsement!, { claim, typ: ClaimType.hubKey }),
  );
  const after = await signAssignment(keys, one, { ...order, counter: 2 });
  assert.equal(alg(after.signature), "Ed25519");
  for (const assignment of [before, after]) {
    const of = agent("one", "1", assignment);
    assert.deepEqual(await verifyAssignment(keys, of), assignment);
  }
});

function alg(jws: string): string | undefined {
  return decodeProtectedHeader(jws).alg;
}

Deno.test("an assignment counts for the Agent that it was signed for, as it was signed", async () => {
  const keys = new HubKeys(await createKeyRing(0));
  const one = agent("one", "1");
  const signed = await signAssignment(keys, one, {
    revision: "r-1",
    counter: 1,
    commit: "c",
    time: "2026-01-01T00:00:00.000Z",
  });
  const check = (of: Agent) => verifyAssignment(keys, of);
  assert.deepEqual(await check(agent("one", "1", signed)), signed);
  assert.equal(await check(agent("one", "2", signed)), undefined);
  assert.equal(await check(agent("two", "1", signed)), undefined);
  for (
    const change of [
      { revision: "r-2" },
      { counter: 2 },
      { commit: undefined },
      { time: "2026-01-01T00:00:01.000Z" },
      { signer: "other" },
      { signature: "x.y.z" },
    ]
  ) {
    const forged = { ...signed, ...change };
    assert.equal(await check(agent("one", "1", forged)), undefined);
  }
  // A signature of another claim of the hub's is none of an assignment.
  const { signature: _, ...rest } = signed;
  const claim = { namespace: "a", agent: "one", ...rest };
  const signature = await keys.sign(claim, ClaimType.artifact);
  assert.equal(
    await check(agent("one", "1", { ...rest, signature })),
    undefined,
  );
  keys.replace(await createKeyRing(0));
  assert.equal(await check(agent("one", "1", signed)), undefined);
});

Deno.test("nextCounter() is above all that a device may have seen", () => {
  assert.equal(nextCounter({ now: 5 }), 5);
  assert.equal(nextCounter({ now: 5, verified: 9 }), 10);
  assert.equal(nextCounter({ now: 5, verified: 9, reported: 12 }), 13);
  const reported = Number.MAX_SAFE_INTEGER;
  assert.equal(nextCounter({ now: 5, verified: 9, reported }), 10);
});

Deno.test("a challenge counts once, for a minute, for its device, on any replica", async () => {
  const ring = await createKeyRing(0);
  const clock = new FakeClock();
  const [here, there] = [1, 2].map(() =>
    new Challenges(new HubKeys(ring), { clock })
  );
  const subject = { namespace: "a", enrollment: "e" };
  const challenge = await here!.issue(subject);
  assert.equal(
    await there!.redeem(challenge, { ...subject, enrollment: "f" }),
    false,
  );
  assert.equal(await there!.redeem(challenge, subject), true);
  assert.equal(await there!.redeem(challenge, subject), false);
  const [nonce, expires, mac] = challenge.split(".");
  const later = `${nonce}.${Number(expires) + 1}.${mac}`;
  assert.equal(await here!.redeem(later, subject), false);
  await clock.advance(60_000);
  assert.equal(await here!.redeem(challenge, subject), false);
});
