import assert from "node:assert/strict";
import { FakeClock } from "./clock.ts";
import { WorkQueue } from "./work_queue.ts";

Deno.test("work queue holds a key once, however often it is added", async () => {
  const queue = new WorkQueue();
  for (const key of ["a", "b", "a", "a"]) queue.add(key);
  assert.equal(queue.length, 2);
  assert.equal(await queue.get(), "a");
  assert.equal(await queue.get(), "b");
  assert.equal(queue.length, 0);
});

Deno.test("work queue gives out a key added while it is worked on again after", async () => {
  const queue = new WorkQueue();
  queue.add("a");
  await queue.get();
  queue.add("a");
  queue.add("a");
  assert.equal(queue.length, 0, "never to two workers at a time");
  const next = queue.get();
  queue.done("a");
  assert.equal(await next, "a");
  queue.done("a");
  assert.equal(queue.length, 0);
});

Deno.test("work queue gives a key to who waits", async () => {
  const queue = new WorkQueue();
  const takers = [queue.get(), queue.get()];
  queue.add("a");
  queue.add("b");
  assert.deepEqual(await Promise.all(takers), ["a", "b"]);
  assert.equal(queue.processing, 2);
});

Deno.test("work queue keeps the sooner of two delays of a key", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 1000);
  queue.addAfter("a", 100);
  queue.addAfter("a", 5000);
  assert.equal(queue.delayed, 1);
  await clock.advance(99);
  assert.equal(queue.length, 0);
  await clock.advance(1);
  assert.equal(queue.length, 1);
  await clock.advance(10_000);
  assert.equal(queue.length, 1);
  assert.equal(clock.sleeping, 0, "no timer is left behind");
});

Deno.test("work queue delays a failing key ever longer until it is forgotten", async () => {
  const clock = new FakeClock();
  const backoff = { base: 100, max: 1000, jitter: 0 };
  const queue = new WorkQueue({ clock, backoff });
  const delays: number[] = [];
  const fail = async () => {
    const at = clock.now();
    queue.addRateLimited("a");
    while (queue.length === 0) await clock.advance(100);
    delays.push(clock.now() - at);
    queue.done((await queue.get())!);
  };
  for (let i = 0; i < 6; i++) await fail();
  assert.equal(queue.failures("a"), 6);
  queue.forget("a");
  await fail();
  assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000, 100]);
});

Deno.test("work queue lets everybody go when it is shut down", async () => {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  queue.add("a");
  assert.equal(await queue.get(), "a");
  queue.add("a");
  queue.addAfter("b", 1000);
  const taker = queue.get();
  queue.shutDown();
  assert.equal(await taker, undefined);
  queue.done("a");
  queue.add("c");
  assert.equal(await queue.get(), undefined);
  assert.equal(queue.length, 0);
  assert.equal(clock.sleeping, 0);
});
