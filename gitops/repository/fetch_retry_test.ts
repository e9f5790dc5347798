import assert from "node:assert/strict";
import { FetchRetry } from "./fetch_retry.ts";

Deno.test("FetchRetry waits longer and longer, past any interval, and hurries when asked", async () => {
  let now = 1_000_000;
  const retry = new FetchRetry({ now: () => now, random: () => 1 });
  const same = () => Promise.resolve("v1");
  assert.equal(await retry.wait(same), undefined, "the first at once");
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    const failed = now;
    retry.failed("v1");
    // It looks now and then, and fetches only when the time is there.
    for (;;) {
      const wait = await retry.wait(same);
      if (wait === undefined) break;
      assert.ok(wait <= 10_000);
      now += wait;
    }
    waits.push((now - failed) / 1000);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);

  retry.failed("v1");
  assert.ok(await retry.wait(same));
  assert.equal(
    await retry.wait(() => Promise.resolve("v2")),
    undefined,
    "a Secret was mended",
  );
  retry.hurry();
  assert.equal(await retry.wait(same), undefined, "somebody asks");
  retry.succeeded();
  assert.equal(retry.failed("v1"), 1000, "it begins anew");
});
