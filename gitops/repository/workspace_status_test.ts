import assert from "node:assert/strict";
import { noCounts, type PartOutcome } from "./sync_outcome.ts";
import { workspaceStatus } from "./workspace_status.ts";

Deno.test("workspaceStatus() tells of those that need somebody, however many there are", () => {
  const part = (workspace: string, of: Partial<PartOutcome> = {}) => ({
    ...noCounts,
    workspace,
    total: 1,
    commit: "c",
    problems: [],
    ...of,
  });
  const parts = [
    ...Array.from({ length: 5 }, (_, i) => part(`a${i}`)),
    part("failed", { problems: [{ file: "f", message: "x".repeat(1000) }] }),
    part("waits", {
      held: [{ token: "t", reason: "r", objects: 1, kinds: [] }],
    }),
  ];
  const status = workspaceStatus({ commit: "c", at: 0, parts }, { most: 3 });
  assert.deepEqual(status.workspaces?.map((w) => w.name), [
    "a0",
    "failed",
    "waits",
  ]);
  assert.equal(status.workspaces?.[1]?.error?.message.length, 301);
  assert.deepEqual(status.workspaceCounts, {
    total: 7,
    applied: 5,
    failed: 1,
    waiting: 1,
  });
});
