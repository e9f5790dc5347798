import assert from "node:assert/strict";
import type { Repository } from "../../api/repository.ts";
import { commitStatus, SETTLING } from "./commit_status.ts";
import { pace } from "./pace.ts";

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60_000;
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const commit = "a".repeat(40);

function repository(
  reason: string,
  message: string,
  status: Partial<NonNullable<Repository["status"]>> = {},
): Repository {
  return {
    status: {
      observedCommit: commit,
      conditions: [{
        type: "Ready",
        status: "True",
        reason,
        message,
        lastTransitionTime: ago(0),
      }],
      ...status,
    },
  } as Repository;
}

const told = (of: Repository, now = NOW) => {
  const found = commitStatus(of, now);
  return found && `${found.state}: ${found.description}`;
};

Deno.test("commitStatus() goes from pending by applied to converged", () => {
  const applied = (ms: number, devices?: [number, number, number]) =>
    repository("Succeeded", "", {
      appliedCommit: commit,
      lastAppliedTime: ago(ms),
      objects: { total: 12_345 },
      ...(devices
        ? {
          devices: {
            converged: devices[0],
            total: devices[1],
            offline: devices[2],
          },
        }
        : {}),
    });
  assert.equal(
    told(repository("Progressing", "Applying commit aaa")),
    "pending: Applying it",
  );
  assert.equal(told(applied(HOUR)), "success: applied: 12,345 objects");
  assert.equal(
    told(applied(HOUR, [9812, 10_000, 140])),
    "success: converged 9,812/10,000, 140 offline",
  );
  const early = commitStatus(applied(1000, [10, 10, 0]), NOW);
  assert.equal(early?.description, "applied: 12,345 objects");
  assert.equal(
    early?.again,
    SETTLING - 1000,
    "the devices' new orders are not out yet",
  );
});

Deno.test("commitStatus() tells the first problem, as far as it fits", () => {
  assert.equal(
    told(repository(
      "ManifestInvalid",
      "workspaces/a/x.yaml:3: spec.typ: unknown (and 2 more); will try again",
    )),
    "failure: workspaces/a/x.yaml:3: spec.typ: unknown (and 2 more)",
  );
  const long = commitStatus(repository("ApplyFailed", "x ".repeat(200)), NOW);
  assert.equal(long?.description.length, 140);
});

Deno.test("commitStatus() says nothing of a commit for what it has no part in", () => {
  for (
    const reason of ["Unreachable", "AuthenticationFailed", "Suspended", "New"]
  ) assert.equal(told(repository(reason, "")), undefined);
  assert.equal(
    told(repository("Succeeded", "", { appliedCommit: "b".repeat(40) })),
    undefined,
    "that is another's success",
  );
  assert.equal(told({} as Repository), undefined);
});

Deno.test("pace() tells news at once, counts ever less often, and of no more than a commit takes", () => {
  const wanted = {
    commit,
    state: "success",
    description: "converged 2/3, 0 offline",
    settled: false,
  } as const;
  const appliedAt = NOW;
  const wait = (
    last: Partial<Parameters<typeof pace>[0]>,
    { updates = 0, now = NOW, settled = false } = {},
  ) =>
    pace(
      { ...wanted, description: "", at: NOW, ...last },
      { ...wanted, settled },
      { updates, appliedAt, now },
    );
  assert.equal(pace(undefined, wanted, { updates: 0, appliedAt, now: NOW }), 0);
  assert.equal(wait({ commit: "b" }), 0);
  assert.equal(wait({ state: "pending" }), 0);
  assert.equal(wait({}), 3000);
  assert.equal(wait({}, { updates: 3 }), 24_000);
  assert.equal(wait({}, { updates: 3, settled: true }), 1000);
  assert.equal(wait({}, { now: NOW + 25 * HOUR }), Infinity);

  // The worst: something else to tell all the time.
  let [now, last, updates] = [NOW, NOW, 0];
  for (; updates < 10_000; updates++) {
    const left = wait({ at: last }, { updates, now });
    if (left === Infinity) break;
    last = now += left;
  }
  assert.ok(updates < 300, `GitHub takes 1,000 of a commit: ${updates}`);
});
