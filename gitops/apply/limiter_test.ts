import assert from "node:assert/strict";
import { Limiter } from "./limiter.ts";

Deno.test("Limiter runs so many at a time, in their order, whatever becomes of them", async () => {
  const limiter = new Limiter(2);
  const begun: number[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const all = [0, 1, 2, 3].map((i) =>
    limiter.run(() => {
      begun.push(i);
      ends[i] = Promise.withResolvers<void>();
      return ends[i].promise;
    })
  );
  assert.deepEqual(begun, [0, 1]);
  const failed = assert.rejects(all[1]!, /gone/);
  ends[1]!.reject(new Error("gone"));
  await failed;
  assert.deepEqual(begun, [0, 1, 2]);
  ends[0]!.resolve();
  await all[0];
  assert.deepEqual(begun, [0, 1, 2, 3]);
  ends[2]!.resolve();
  ends[3]!.resolve();
  await Promise.all([all[2], all[3]]);
});
