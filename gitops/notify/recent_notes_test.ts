import assert from "node:assert/strict";
import { FakeClock } from "../../kube/mod.ts";
import { RecentNotes } from "./recent_notes.ts";

const failed = { reason: "ApplyFailed", message: "a.yaml:1: no" };
const succeeded = { reason: "Succeeded", message: "Applied commit a" };
const HOUR = 60 * 60_000;

Deno.test("RecentNotes tells a fault once, again after all was well, and after a day", async () => {
  const clock = new FakeClock();
  const recent = new RecentNotes(clock);
  assert.equal(recent.add("a", failed), "new");
  assert.equal(recent.add("a", failed), "duplicate");
  assert.equal(recent.add("b", failed), "new", "another Repository's");
  assert.equal(recent.add("a", { ...failed, message: "b.yaml" }), "new");
  assert.equal(recent.add("a", succeeded), "new");
  assert.equal(recent.add("a", succeeded), "duplicate");
  assert.equal(recent.add("a", failed), "new");
  await clock.advance(23 * HOUR);
  assert.equal(recent.add("a", failed), "duplicate");
  await clock.advance(2 * HOUR);
  assert.equal(recent.add("a", failed), "new", "a reminder");
});

Deno.test("RecentNotes drops what is too much, and takes it when there is room", async () => {
  const clock = new FakeClock();
  const recent = new RecentNotes(clock);
  const add = (n: number) =>
    recent.add("a", { ...failed, message: `${n}.yaml` });
  const first = Array.from({ length: 30 }, (_, n) => add(n));
  assert.equal(first.filter((v) => v === "new").length, 25);
  assert.equal(first.at(-1), "dropped");
  await clock.advance(60_000);
  assert.deepEqual([29, 28, 27].map(add), ["new", "new", "dropped"]);
});
