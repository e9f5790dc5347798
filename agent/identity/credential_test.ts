import assert from "node:assert/strict";
import { CompactEncrypt, importJWK } from "jose";
import {
  ClaimType,
  type Credential,
  type CredentialClaim,
} from "../../api/protocol/claims.ts";
import { StateFolder } from "../state/state_folder.ts";
import { createHubKey, type HubKey } from "../testing/hub_key.ts";
import { openCredential } from "./credential.ts";
import { type DeviceKeys, openDeviceKeys } from "./device_keys.ts";
import { HubTrust } from "./hub_trust.ts";

const credential: Omit<Credential, "hubKeys"> = {
  server: "https://hub:6443",
  namespace: "site",
  agent: "press-1",
  agentUID: "uid-1",
  token: "token",
  tokenExpires: "2026-01-01T00:00:00Z",
  hubURL: "https://hub:8443",
};

/** What a hub with these keys, the first of which signs, writes for a device. */
async function seal(
  hub: { keys: HubKey[]; endorsements?: string[] },
  device: DeviceKeys,
  { enrollment = device.id }: { enrollment?: string } = {},
): Promise<string> {
  const alg = "ECDH-ES+A256KW";
  const content: Credential = {
    ...credential,
    hubKeys: hub.keys.map((key) => key.public),
    hubKeyEndorsements: hub.endorsements,
  };
  const jwe = await new CompactEncrypt(
    new TextEncoder().encode(JSON.stringify(content)),
  ).setProtectedHeader({ alg, enc: "A256GCM" })
    .encrypt(await importJWK({ ...device.public.agreement }, alg));
  const claim: CredentialClaim = { enrollment, jwe };
  return await hub.keys[0]!.sign(claim, ClaimType.credential);
}

async function withDevice(
  test: (device: { keys: DeviceKeys; trust: HubTrust }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-credential-" });
  try {
    using state = await StateFolder.open(dir);
    await test({
      keys: await openDeviceKeys(state),
      trust: await HubTrust.open(state),
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const anchorOf = (...keys: HubKey[]) => ({
  origin: keys.map((key) => key.id).join(),
  keys: keys.map((key) => key.public),
});

Deno.test("a device takes its first credential from the hub that its kubeconfig names", () =>
  withDevice(async ({ keys, trust }) => {
    const hub = await createHubKey();
    const sealed = await seal({ keys: [hub] }, keys);
    const opened = await openCredential(sealed, {
      keys,
      trust,
      anchor: anchorOf(hub),
    });
    assert.equal(opened.credential.token, "token");
    assert.ok(await trust.knows(hub.public));
  }));

Deno.test("what somebody else than the hub wrote is refused, and teaches the device nothing", () =>
  withDevice(async ({ keys, trust }) => {
    const [hub, stranger] = [await createHubKey(), await createHubKey()];
    const anchor = anchorOf(hub);
    const refused = async (sealed: string, why: RegExp) => {
      await assert.rejects(
        openCredential(sealed, { keys, trust, anchor }),
        why,
      );
      assert.equal(trust.size, 0);
    };
    const notKnown = /not a key of the hub that this device knows/;
    await refused(await seal({ keys: [stranger] }, keys), notKnown);
    await refused(await seal({ keys: [stranger, hub] }, keys), notKnown);
    const endorsements = [await stranger.vouch(stranger)];
    await refused(
      await seal({ keys: [stranger, hub], endorsements }, keys),
      notKnown,
    );
    // The hub's, but for another device whose credential was copied.
    await refused(
      await seal({ keys: [hub] }, keys, { enrollment: "other" }),
      /signature is of something else/,
    );
    // Encrypted for it, as anybody can, and not signed.
    const [, body] = (await seal({ keys: [hub] }, keys)).split(".");
    await refused(`eyJhbGciOiJub25lIn0.${body}.`, notKnown);
    const { jwe } = JSON.parse(atob(body!)) as CredentialClaim;
    await refused(jwe, /not signed by anybody/);
  }));

Deno.test("a kubeconfig from before the hub's keys were replaced still leads to the hub, over keys that are gone", () =>
  withDevice(async ({ keys, trust }) => {
    const [first, second, third] = await Promise.all([
      createHubKey(),
      createHubKey(),
      createHubKey(),
    ]);
    const endorsements = [
      await second.vouch(third),
      await first.vouch(second),
    ];
    await openCredential(await seal({ keys: [third], endorsements }, keys), {
      keys,
      trust,
      anchor: anchorOf(first),
    });
    assert.ok(await trust.knows(third.public));
    assert.ok(!await trust.knows(first.public), "the hub no longer has it");
  }));

Deno.test("a device given to another hub forgets the one before", () =>
  withDevice(async ({ keys, trust }) => {
    const [old, other] = [await createHubKey(), await createHubKey()];
    const open = async (hub: HubKey, anchor?: HubKey) =>
      await openCredential(await seal({ keys: [hub] }, keys), {
        keys,
        trust,
        anchor: anchor && anchorOf(anchor),
      });
    await open(old, old);
    await assert.rejects(open(other), "the kubeconfig has not changed");
    await open(other, other);
    await assert.rejects(open(old));
  }));
