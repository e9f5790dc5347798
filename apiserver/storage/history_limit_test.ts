import assert from "node:assert/strict";
import { HistoryLimit } from "./history_limit.ts";

/** Adds changes of a size, compacting when told to; where that was, and how much history stood at most. */
function run(
  limit: HistoryLimit,
  { changes, bytes }: { changes: number; bytes: (rv: number) => number },
) {
  let [compacted, most] = [0, 0];
  const targets: number[] = [];
  for (let committed = 1; committed <= changes; committed++) {
    limit.add(committed, bytes(committed));
    let size = 0;
    for (let rv = compacted + 1; rv <= committed; rv++) size += bytes(rv);
    most = Math.max(most, size);
    const target = limit.target({ committed, compacted });
    if (target === undefined) continue;
    assert.ok(target > compacted && target <= committed, `${target}`);
    targets.push(target);
    compacted = target;
    limit.compacted(target);
  }
  return { targets, most };
}

Deno.test("HistoryLimit: small changes are limited by their number", () => {
  const limit = new HistoryLimit({ changes: 100, bytes: 1e6 });
  const { targets } = run(limit, { changes: 400, bytes: () => 10 });
  assert.deepEqual(targets, [50, 100, 150, 200, 250, 300]);
});

Deno.test("HistoryLimit: large changes are limited by their bytes", () => {
  const limit = new HistoryLimit({ changes: 10_000, bytes: 1000 });
  const { targets, most } = run(limit, { changes: 400, bytes: () => 50 });
  assert.ok(targets.length > 10);
  assert.ok(most <= 1600, `${most}`);
});

Deno.test("HistoryLimit: a single change above the limit is forgotten with those after it", () => {
  const limit = new HistoryLimit({ changes: 10_000, bytes: 1000 });
  const { targets } = run(limit, {
    changes: 50,
    bytes: (rv) => rv === 10 ? 5000 : 10,
  });
  assert.equal(targets[0], 10);
});

Deno.test("HistoryLimit: sizes that vary stay below the limit and half of it", () => {
  const limit = new HistoryLimit({ changes: 500, bytes: 10_000 });
  const { most } = run(limit, {
    changes: 3000,
    bytes: (rv) => (rv * 7919) % 300,
  });
  assert.ok(most <= 16_000, `${most}`);
});
