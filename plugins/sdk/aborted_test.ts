import assert from "node:assert/strict";
import { pause } from "./aborted.ts";

Deno.test("pause() takes its time also where that is longer than a timer can hold", async () => {
  const controller = new AbortController();
  const month = pause(30 * 24 * 3600_000, controller.signal).then(() => true);
  assert.equal(
    await Promise.race([month, pause(20, controller.signal)]),
    void 0,
  );
  controller.abort();
  await month;
});
