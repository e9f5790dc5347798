import assert from "node:assert/strict";
import { join } from "node:path";
import { CompactEncrypt, importJWK } from "jose";
import { Enrollment } from "../../api/enrollment.ts";
import { HUB_API, KUBECONFIG_EXTENSION } from "../../api/names.ts";
import {
  ClaimType,
  type Credential,
  type CredentialClaim,
} from "../../api/protocol/claims.ts";
import { FakeClock } from "../../kube/clock.ts";
import { createLogger, silentLogger } from "../../kube/log.ts";
import { StateFolder } from "../state/state_folder.ts";
import { createHubKey } from "../testing/hub_key.ts";
import { Identity } from "./identity.ts";

const HOUR = 3_600_000;

interface Setup {
  identity: Identity;
  clock: FakeClock;
  /** What the agent says when it is started again. */
  restart(options: { name: string }): Promise<string>;
  hub: {
    /** What the hub's endpoint answers to a device that wants a new credential. */
    answer: "credential" | "404";
    /** Whether the API still takes the token of the join kubeconfig. */
    joinable: boolean;
    renewals: number;
    /** Called at each renewal. */
    onRenewal?: () => void;
  };
}

/** A device and a hub, whose tokens live for an hour from `issued` on. */
async function withDevice(
  { now, issued }: { now: number; issued: number },
  test: (setup: Setup) => Promise<void>,
): Promise<void> {
  const key = await createHubKey();
  const hub: Setup["hub"] = {
    answer: "credential",
    joinable: true,
    renewals: 0,
  };
  let device: Identity | undefined;
  async function seal(): Promise<string> {
    const { id, public: { agreement } } = device!.keys;
    const alg = "ECDH-ES+A256KW";
    const content: Credential = {
      server: base(),
      namespace: "site",
      agent: "press-1",
      agentUID: "uid-1",
      token: `token-${hub.renewals}`,
      tokenExpires: new Date(issued + HOUR).toISOString(),
      hubURL: base(),
      hubKeys: [key.public],
    };
    const jwe = await new CompactEncrypt(
      new TextEncoder().encode(JSON.stringify(content)),
    ).setProtectedHeader({ alg, enc: "A256GCM" })
      .encrypt(await importJWK({ ...agreement }, alg));
    const claim: CredentialClaim = { enrollment: id, jwe };
    return await key.sign(claim, ClaimType.credential);
  }
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith(HUB_API)) {
        if (hub.answer === "404") return new Response("", { status: 404 });
        if (pathname.endsWith("/challenge")) {
          return Response.json({ challenge: "c" });
        }
        hub.renewals++;
        hub.onRenewal?.();
        return Response.json({ credential: await seal() });
      }
      if (!hub.joinable) return new Response("", { status: 401 });
      return Response.json({
        apiVersion: Enrollment.apiVersion,
        kind: Enrollment.kind,
        metadata: { name: device!.keys.id },
        status: { credential: await seal() },
      });
    },
  );
  const base = () => `http://127.0.0.1:${server.addr.port}`;
  const dir = await Deno.makeTempDir({ prefix: "faros-identity-" });
  const ending = new AbortController();
  try {
    const kubeconfigPath = join(dir, "join.kubeconfig");
    const extension = { registration: "join", hubKeys: [key.public] };
    await Deno.writeTextFile(
      kubeconfigPath,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "hub",
        clusters: [{ name: "hub", cluster: { server: base() } }],
        users: [{ name: "join", user: { token: "join-token" } }],
        contexts: [{
          name: "hub",
          context: {
            cluster: "hub",
            user: "join",
            namespace: "site",
            extensions: [{ name: KUBECONFIG_EXTENSION, extension }],
          },
        }],
      }),
    );
    using state = await StateFolder.open(join(dir, "state"));
    const clock = new FakeClock(now);
    const options = {
      state,
      kubeconfigPath,
      name: "press-1",
      device: { os: "linux", arch: "x86_64", addresses: [] },
      clock,
      log: silentLogger,
      signal: ending.signal,
    };
    const identity = device = await Identity.open(options);
    const restart = async ({ name }: { name: string }) => {
      const lines: string[] = [];
      const log = createLogger({ write: (line) => lines.push(line) });
      await Identity.open({ ...options, name, log });
      return lines.join("\n");
    };
    await test({ identity, clock, hub, restart });
  } finally {
    ending.abort();
    await Deno.remove(dir, { recursive: true });
  }
}

const NOON = Date.UTC(2026, 0, 1, 12);

Deno.test("a device that has joined says as whom and where, and that it takes no other name", () =>
  withDevice({ now: NOON, issued: NOON }, async ({ identity, restart }) => {
    assert.equal(await restart({ name: "press-1" }), "");
    await identity.require();
    const joined =
      /Has joined already agent=press-1 namespace=site server=http:\/\/127/;
    const again = await restart({ name: "press-1" });
    assert.match(again, joined);
    assert.doesNotMatch(again, /WARN/);
    const other = await restart({ name: "press-2" });
    assert.match(other, joined);
    assert.match(
      other,
      /WARN .* than the device has joined by is ignored name=press-2 agent=press-1/,
    );
  }));

Deno.test("a device whose clock is ahead of the hub's by hours renews now and then, not all the time", () =>
  withDevice(
    { now: NOON + 5 * HOUR, issued: NOON },
    async ({ identity, clock, hub }) => {
      await identity.require();
      const tooMany = Promise.withResolvers<void>();
      hub.onRenewal = () => hub.renewals > 5 && tooMany.resolve();
      void identity.keepFresh();
      await Promise.race([clock.untilSleeping(), tooMany.promise]);
      assert.equal(hub.renewals, 0);
      await clock.advance(30_000);
      // The hub takes it, whatever this clock says.
      assert.equal(await identity.token({ refresh: false }), "token-0");
      const renewed = Promise.withResolvers<void>();
      hub.onRenewal = renewed.resolve;
      await clock.advance(HOUR);
      await renewed.promise;
    },
  ));

Deno.test("a device whose clock was ahead and is set right renews, since it cannot tell how old its token is", () =>
  withDevice(
    { now: NOON + 5 * HOUR, issued: NOON },
    async ({ identity, clock, hub }) => {
      await identity.require();
      const renewed = Promise.withResolvers<void>();
      hub.onRenewal = renewed.resolve;
      const { now } = clock;
      clock.now = () => now.call(clock) - 5 * HOUR;
      void identity.keepFresh();
      await Promise.race([clock.untilSleeping(), renewed.promise]);
      assert.equal(hub.renewals, 1);
    },
  ));

Deno.test("a clock that is set right after the start does not leave the token to expire", () =>
  withDevice(
    // Without a battery its clock begins in 1970.
    { now: NOON, issued: NOON },
    async ({ identity, clock, hub }) => {
      await identity.require();
      const renewed = Promise.withResolvers<void>();
      hub.onRenewal = renewed.resolve;
      let back = true;
      const { now } = clock;
      clock.now = () => back ? 0 : now.call(clock);
      void identity.keepFresh();
      await clock.untilSleeping();
      back = false;
      await clock.advance(0.75 * HOUR);
      assert.ok(hub.renewals || !clock.sleeping, "it still sleeps");
      await renewed.promise;
    },
  ));

Deno.test("a device that was told by mistake that nobody knows it renews once the hub is itself again", () =>
  withDevice(
    { now: NOON, issued: NOON },
    async ({ identity, clock, hub }) => {
      await identity.require();
      // A proxy answers for the hub, and the join token has expired long ago.
      hub.answer = "404";
      hub.joinable = false;
      let refused: Error | undefined;
      identity.renew().catch((error) => refused = error);
      for (let n = 0; n < 60 && !refused; n++) {
        await clock.untilSleeping();
        await clock.advance(15_000);
      }
      assert.match(
        refused?.message ?? "it still waits",
        /does not know this device.*has not let it in again/,
      );
      hub.answer = "credential";
      assert.equal((await identity.renew()).token, "token-1");
    },
  ));
