import assert from "node:assert/strict";
import { pruneGuard } from "./prune_guard.ts";

const counts = (members: number, removed: number, removedAgents = removed) => ({
  members,
  removed,
  removedAgents,
});

Deno.test("pruneGuard() lets the greater of share and number go", () => {
  assert.equal(pruneGuard(counts(30, 0)), undefined);
  assert.equal(pruneGuard(counts(30, 20)), undefined, "20 Agents");
  assert.equal(pruneGuard(counts(1000, 100)), undefined, "10 %");
  assert.equal(pruneGuard(counts(30, 21))?.reason, "PruneGuardShare");
  assert.equal(
    pruneGuard(counts(1000, 101, 3))?.message,
    "101 of 1000 objects (3 Agents) would be deleted; 100 may go without approval (the greater of 10 % and 20)",
  );
});

Deno.test("pruneGuard() looks at Agents alone as well", () => {
  const held = pruneGuard({
    members: 1000,
    removed: 60,
    removedAgents: 60,
    agents: 100,
  });
  assert.equal(
    held?.message,
    "60 of 100 Agents would be deleted; 20 may go without approval (the greater of 10 % and 20)",
  );
  assert.equal(
    pruneGuard({ members: 1000, removed: 60, removedAgents: 20, agents: 30 }),
    undefined,
  );
});

Deno.test("pruneGuard() never lets everything go", () => {
  assert.equal(
    pruneGuard(counts(1, 1))?.message,
    "1 of 1 object (1 Agent) would be deleted: all there is",
  );
  const lax = { percent: 100, agents: 1000 };
  assert.equal(pruneGuard(counts(50, 49), lax), undefined);
  assert.equal(pruneGuard(counts(50, 50), lax)?.reason, "PruneGuardEverything");
  // A Workspace takes all in it along, also what Git never knew.
  assert.equal(
    pruneGuard({ ...counts(50, 0, 0), whole: true }, lax)?.reason,
    "PruneGuardEverything",
  );
});

Deno.test("pruneGuard() takes a guard of nothing at its word", () => {
  assert.equal(
    pruneGuard(counts(10, 1), { percent: 0, agents: 0 })?.reason,
    "PruneGuardShare",
  );
});
