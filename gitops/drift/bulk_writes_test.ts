import assert from "node:assert/strict";
import type { Resource } from "../../api/kind.ts";
import { ConfigMap, Secret } from "../../api/core.ts";
import { FakeClock, type Informer } from "../../kube/mod.ts";
import { BulkWrites } from "./bulk_writes.ts";

/** Bulk writes, and how often an informer of so many objects pauses just now. */
function scene(size: number) {
  const clock = new FakeClock();
  const { signal } = new AbortController();
  let pauses = 0;
  const informer = {
    size,
    hasSynced: true,
    pause() {
      pauses++;
      return { [Symbol.dispose]: () => void pauses-- };
    },
  } as Partial<Informer> as Informer;
  const bulk = new BulkWrites({
    informer: (resource) => resource === ConfigMap ? informer : undefined,
    clock,
    signal,
  });
  return {
    clock,
    begin: (resource: Resource, writes: number) =>
      bulk.begin(Array.from({ length: writes }, () => resource)),
    pauses: () => pauses,
  };
}

/** What was ended has been. */
const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("BulkWrites pauses while a quarter of all is written", async () => {
  const { begin, pauses } = scene(1000);
  const few = begin(ConfigMap, 249);
  assert.equal(pauses(), 0);
  const more = begin(ConfigMap, 1);
  assert.equal(pauses(), 1);
  few[Symbol.dispose]();
  await soon();
  assert.equal(pauses(), 1);
  more[Symbol.dispose]();
  await soon();
  assert.equal(pauses(), 0);
});

Deno.test("BulkWrites counts anew after all has been written", async () => {
  const { begin, pauses } = scene(1000);
  begin(ConfigMap, 200)[Symbol.dispose]();
  begin(ConfigMap, 200)[Symbol.dispose]();
  await soon();
  assert.equal(pauses(), 0);
});

Deno.test("BulkWrites pauses for nothing that is small, or that nobody follows", () => {
  const { begin, pauses } = scene(10);
  begin(ConfigMap, 99);
  begin(Secret, 5000);
  assert.equal(pauses(), 0);
});

Deno.test("BulkWrites looks again after thirty seconds, however long it is written", async () => {
  const { begin, pauses, clock } = scene(1000);
  const first = begin(ConfigMap, 1000);
  assert.equal(pauses(), 1);
  await clock.advance(30_000);
  assert.equal(pauses(), 0);
  const second = begin(ConfigMap, 1000);
  first[Symbol.dispose]();
  assert.equal(pauses(), 0);
  second[Symbol.dispose]();
  const third = begin(ConfigMap, 1000);
  assert.equal(pauses(), 1);
  third[Symbol.dispose]();
  await soon();
});
