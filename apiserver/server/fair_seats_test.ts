import assert from "node:assert/strict";
import { StatusError } from "../errors.ts";
import { FairSeats, type FairSeatsOptions } from "./fair_seats.ts";
import { FakeClock } from "./fake_clock.ts";

/** Seats, with a log of what came of each request. */
function seats(options: Partial<FairSeatsOptions> = {}) {
  const clock = new FakeClock();
  const seats = new FairSeats({ seats: 1, queueLength: 3, clock, ...options });
  const log: string[] = [];
  const ask = (flow: string, name: string) => {
    const wait = seats.take(flow, 1000);
    if (!wait) log.push(name);
    return wait?.then(
      () => void log.push(name),
      (error: StatusError) => void log.push(`${name} ${error.code}`),
    );
  };
  const turn = async () => {
    seats.release();
    await Promise.resolve().then(() => {});
  };
  return { seats, clock, log, ask, turn };
}

Deno.test("seats are taken at once while there are any, and no timer is set", () => {
  const { seats: two, log, ask, clock } = seats({ seats: 2 });
  ask("a", "a1");
  ask("b", "b1");
  assert.deepEqual(log, ["a1", "b1"]);
  assert.equal(clock.timers, 0);
  two.release();
  two.release();
  assert.equal(two.taken, 0);
});

Deno.test("a seat that falls free goes to the flows in turn, in a flow to the first that came", async () => {
  const { seats: one, log, ask, turn, clock } = seats();
  for (const name of ["a1", "a2", "a3", "a4"]) ask("a", name);
  ask("b", "b1");
  ask("b", "b2");
  ask("c", "c1");
  assert.equal(one.waiting, 6);
  for (let i = 0; i < 6; i++) await turn();
  assert.deepEqual(log, ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]);
  assert.equal(one.taken, 1);
  await turn();
  assert.deepEqual([one.taken, one.waiting, clock.timers], [0, 0, 0]);
});

Deno.test("a flow whose queue is full is refused with 429 and Retry-After, others are not", () => {
  const { seats: one, ask } = seats({ queueLength: 1 });
  ask("a", "a1");
  ask("a", "a2");
  assert.throws(() => ask("a", "a3"), (error) => {
    assert.ok(error instanceof StatusError);
    assert.equal(error.code, 429);
    assert.equal(error.headers["Retry-After"], "1");
    assert.match(error.message, /try again later: 1 requests of a wait/);
    return true;
  });
  ask("b", "b1");
  assert.deepEqual([one.waiting, one.refused], [2, 1]);
});

Deno.test("who waits for too long is refused, and its turn goes to the next", async () => {
  const { seats: one, clock, log, ask, turn } = seats();
  ask("a", "a1");
  const late = ask("b", "b1");
  clock.pass(999);
  ask("b", "b2");
  clock.pass(1);
  await late;
  assert.deepEqual(log, ["a1", "b1 429"]);
  await turn();
  assert.deepEqual(log, ["a1", "b1 429", "b2"]);
  assert.deepEqual([one.taken, one.waiting, one.refused], [1, 0, 1]);
});
