import assert from "node:assert/strict";
import { watchTimeout } from "./watch_timeout.ts";

Deno.test("watchTimeout(): what was asked for, or between half an hour and an hour, of few durations", () => {
  assert.equal(watchTimeout(7), 7000);
  assert.equal(watchTimeout(1e12), 2 ** 31 - 1);
  assert.equal(watchTimeout(-1), 0);
  assert.equal(watchTimeout(undefined, () => 0), 1_800_000);
  const seen = new Set<number>();
  for (let i = 0; i < 100_000; i++) {
    seen.add(watchTimeout(undefined, () => i / 100_000));
  }
  assert.ok(seen.size <= 1800);
  assert.ok([...seen].every((ms) => ms >= 1_800_000 && ms < 3_600_000));
});
