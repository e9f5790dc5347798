import assert from "node:assert/strict";
import { KubeClient } from "./client.ts";
import { FakeClock } from "./clock.ts";
import { type LeaderElectionOptions, runWithLease } from "./leader_election.ts";
import { createRestClient } from "./rest_client.ts";
import { eventually } from "./testing/eventually.ts";
import { statusResponse } from "./testing/fault_server.ts";
import { type LeaseServer, startLeaseServer } from "./testing/lease_server.ts";

/** Turns the clock by seconds, with time for requests, until it is so. */
async function advanceUntil(
  clock: FakeClock,
  probe: () => unknown,
): Promise<number> {
  const started = clock.now();
  for (let i = 0; !probe(); i++) {
    assert(i < 2000, "never happened");
    await clock.advance(100);
  }
  return clock.now() - started;
}

/** A process that would lead. */
function candidate(
  server: LeaseServer,
  options: Partial<LeaderElectionOptions> & { identity: string },
) {
  const stop = new AbortController();
  const client = new KubeClient(createRestClient(server.config));
  const state = { leading: false, terms: 0, stop, done: Promise.resolve() };
  state.done = runWithLease({
    client,
    namespace: "default",
    name: "hub",
    random: () => 0,
    signal: stop.signal,
    run: async (signal) => {
      state.leading = true;
      state.terms++;
      await new Promise<void>((resolve) =>
        signal.addEventListener("abort", () => resolve())
      );
      state.leading = false;
    },
    ...options,
  }).finally(() => client.close());
  return state;
}

Deno.test("leader election lets one lead, and the next at once when that one stops", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const a = candidate(server, { identity: "a", clock });
  await eventually(() => a.leading);
  const b = candidate(server, { identity: "b", clock });
  // Far beyond the duration: what counts are the renewals.
  for (let i = 0; i < 300; i++) await clock.advance(100);
  assert.deepEqual([a.leading, b.leading], [true, false]);
  a.stop.abort();
  await a.done;
  assert.equal(server.lease!.spec!.holderIdentity, "");
  const waited = await advanceUntil(clock, () => b.leading);
  assert(waited <= 3000, `${waited} ms`);
  assert.equal(server.lease!.spec!.leaseTransitions, 1);
  b.stop.abort();
  await b.done;
});

Deno.test("leader election waits for a holder that vanished, by its own clock", async () => {
  await using server = startLeaseServer();
  // The other's clock is a year ahead; that must not matter.
  server.lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "hub", namespace: "default", resourceVersion: "9" },
    spec: {
      holderIdentity: "gone",
      leaseDurationSeconds: 15,
      renewTime: "2027-01-01T00:00:00.000000Z",
      leaseTransitions: 4,
    },
  };
  const clock = new FakeClock();
  const a = candidate(server, { identity: "a", clock });
  await clock.untilSleeping();
  const waited = await advanceUntil(clock, () => a.leading);
  assert(waited >= 14_000 && waited <= 20_000, `${waited} ms`);
  assert.equal(server.lease.spec!.holderIdentity, "a");
  assert.equal(server.lease.spec!.leaseTransitions, 5);
  a.stop.abort();
  await a.done;
});

Deno.test("leader that was killed takes its own Lease again without waiting", async () => {
  await using server = startLeaseServer();
  const acquireTime = "2026-01-01T00:00:00.000000Z";
  server.lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "hub", namespace: "default", resourceVersion: "9" },
    spec: {
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime,
      renewTime: acquireTime,
      leaseTransitions: 4,
    },
  };
  // The hands of this clock never move.
  const a = candidate(server, { identity: "a", clock: new FakeClock() });
  await eventually(() => a.leading);
  assert.equal(server.lease.spec!.acquireTime, acquireTime);
  assert.equal(server.lease.spec!.leaseTransitions, 4);
  a.stop.abort();
  await a.done;
});

Deno.test("leader election tells who leads, whenever that is another", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const seen: string[] = [];
  const a = candidate(server, { identity: "a", clock });
  await eventually(() => a.leading);
  const b = candidate(server, {
    identity: "b",
    clock,
    onNewLeader: (identity) => seen.push(identity),
  });
  for (let i = 0; i < 100; i++) await clock.advance(100);
  assert.deepEqual(seen, ["a"]);
  a.stop.abort();
  await a.done;
  await advanceUntil(clock, () => b.leading);
  for (let i = 0; i < 100; i++) await clock.advance(100);
  assert.deepEqual(seen, ["a", "b"]);
  b.stop.abort();
  await b.done;
});

Deno.test("leader renews each renewPeriod, and tries a failed renewal again each retryPeriod", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const asked: number[] = [];
  let broken = false;
  server.fault = (request) => {
    if (request.method !== "GET") return undefined;
    asked.push(clock.now() - began);
    return broken ? statusResponse(500) : undefined;
  };
  const began = clock.now();
  const a = candidate(server, {
    identity: "a",
    clock,
    leaseDuration: 40_000,
    renewDeadline: 30_000,
    retryPeriod: 1000,
    renewPeriod: 10_000,
  });
  await eventually(() => a.leading);
  await clock.untilSleeping();
  await advanceUntil(clock, () => asked.length === 3);
  broken = true;
  await advanceUntil(clock, () => asked.length === 6);
  const seconds = asked.map((ms) => Math.round(ms / 1000));
  assert.deepEqual(seconds, [0, 10, 20, 30, 31, 32]);
  assert(a.leading);
  a.stop.abort();
  await a.done;
});

Deno.test("leader election refuses times by which it would lose what it has", async () => {
  await using server = startLeaseServer();
  const refused = candidate(server, {
    identity: "a",
    clock: new FakeClock(),
    renewPeriod: 9000,
  });
  await assert.rejects(refused.done, /renewPeriod \(9000 ms\)/);
});

Deno.test("leader stops before others may start when it cannot renew", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const a = candidate(server, { identity: "a", clock });
  await eventually(() => a.leading);
  await clock.untilSleeping();
  server.fault = () => statusResponse(500);
  const waited = await advanceUntil(clock, () => !a.leading);
  assert(waited >= 9000 && waited <= 13_000, `${waited} ms`);
  server.fault = undefined;
  await advanceUntil(clock, () => a.leading);
  assert.equal(a.terms, 2);
  a.stop.abort();
  await a.done;
});

Deno.test("leader stops also when the server does not answer at all", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const a = candidate(server, { identity: "a", clock });
  await eventually(() => a.leading);
  await clock.untilSleeping();
  const silent = Promise.withResolvers<void>();
  server.fault = () => silent.promise.then(() => statusResponse(500));
  const waited = await advanceUntil(clock, () => !a.leading);
  assert(waited >= 9000 && waited <= 13_000, `${waited} ms`);
  server.fault = undefined;
  silent.resolve();
  a.stop.abort();
  await a.done;
});

Deno.test("leader stops when somebody else took the Lease", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const a = candidate(server, { identity: "a", clock });
  await eventually(() => a.leading);
  await clock.untilSleeping();
  server.lease!.spec!.holderIdentity = "b";
  server.lease!.metadata.resourceVersion = "1000";
  await advanceUntil(clock, () => !a.leading);
  a.stop.abort();
  await a.done;
  assert.equal(server.lease!.spec!.holderIdentity, "b", "not ours to let go");
});

/** A clock that can jump ahead of its sleepers, as for a process that was stopped. */
function stoppableClock() {
  const clock = new FakeClock();
  let missed = 0;
  return {
    clock,
    now: () => clock.now() + missed,
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    standStill: (ms: number) => {
      missed += ms;
    },
  };
}

Deno.test("leader that stood still writes nothing before it knows that it leads no more", async () => {
  await using server = startLeaseServer();
  const stopped = stoppableClock();
  const goOn = Promise.withResolvers<void>();
  const written: unknown[] = [];
  using client = new KubeClient(createRestClient(server.config));
  const write = () =>
    client.rest.performRequest({ method: "DELETE", path: "/api/v1/x" })
      .then(() => "written", (error) => error.name);
  const a = candidate(server, {
    identity: "a",
    clock: stopped,
    run: async (signal) => {
      written.push(await write());
      await goOn.promise;
      assert(!signal.aborted);
      written.push(await write());
    },
  });
  server.fault = (request) =>
    request.method === "DELETE" ? Response.json({}) : undefined;
  await eventually(() => written.length === 1);
  stopped.standStill(60_000);
  goOn.resolve();
  await a.done;
  assert.deepEqual(written, ["written", "Fenced"]);
});

Deno.test("leader counts a renewal from when it asked for it, not from an answer that came late", async () => {
  await using server = startLeaseServer();
  const stopped = stoppableClock();
  const a = candidate(server, { identity: "a", clock: stopped });
  await eventually(() => a.leading);
  await stopped.clock.untilSleeping();
  const late = Promise.withResolvers<void>();
  let asked = false;
  server.fault = (request) => {
    if (request.method !== "PUT") return undefined;
    asked = true;
    return late.promise.then(async () => {
      const lease = await request.json();
      lease.metadata.resourceVersion = "2000";
      server.lease = lease;
      return Response.json(lease);
    });
  };
  await advanceUntil(stopped.clock, () => asked);
  stopped.standStill(60_000);
  server.fault = undefined;
  late.resolve();
  // It stops, and is elected again.
  await advanceUntil(stopped.clock, () => a.terms === 2);
  a.stop.abort();
  await a.done;
});

Deno.test("leader election ends when what it runs does, with its error", async () => {
  await using server = startLeaseServer();
  const clock = new FakeClock();
  const finished = candidate(server, {
    identity: "a",
    clock,
    run: () => Promise.resolve(),
  });
  await finished.done;
  assert.equal(server.lease!.spec!.holderIdentity, "");
  const failed = candidate(server, {
    identity: "a",
    clock,
    run: () => Promise.reject(new Error("broken")),
  });
  await assert.rejects(failed.done, { message: "broken" });
  assert.equal(server.lease!.spec!.holderIdentity, "");
});
