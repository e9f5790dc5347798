import assert from "node:assert/strict";
import { ConfigMap } from "../../api/core.ts";
import { Workspace } from "../../api/workspace.ts";
import type { Resource } from "../../api/kind.ts";
import { KubeClient, systemClock } from "../../kube/mod.ts";
import { applySet } from "../plan/apply_set.ts";
import type { LiveObject, Removal } from "../plan/plan.ts";
import type { HeldPrune } from "../plan/prune.ts";
import {
  type ApprovedPrune,
  preparePrune,
  type PruneSetOptions,
} from "./prune_set.ts";

function removal(resource: Resource, name: string): Removal {
  return {
    key: `${resource.group}/${resource.kind}//${name}`,
    resource,
    object: {
      apiVersion: "v1",
      kind: resource.kind,
      metadata: {
        name,
        uid: `uid-${name}`,
        creationTimestamp: "2026-01-01T00:00:00Z",
      },
    },
  };
}

/** What becomes of removals of commit `c1`, and what is noted of approvals. */
async function prepare(
  removals: Removal[],
  options: {
    isApproved?: (held: HeldPrune) => boolean;
    approved?: ApprovedPrune;
    members?: LiveObject[];
    whole?: string;
    contentOf?: (workspace: string) => Promise<LiveObject[]>;
  },
) {
  let noted: ApprovedPrune | undefined;
  const { members = removals, approved, isApproved, ...policy } = options;
  const result = await preparePrune(
    removals,
    {
      policy: {
        guard: { percent: 0, agents: 0 },
        tombstone: 0,
        isApproved: isApproved ?? (() => false),
        ...policy,
      },
      set: await applySet({
        repository: "fleet",
        namespace: "faros-system",
        of: "workspaces",
      }),
      // Nothing is written without a tombstone.
      access: {
        client: new KubeClient({} as KubeClient["rest"]),
        namespace: "faros-system",
      },
      commit: "c1",
      members,
      approved,
      onApproved: (approved) => {
        noted = approved;
        return Promise.resolve();
      },
      clock: systemClock,
    } satisfies PruneSetOptions,
  );
  return {
    deleted: result.delete.map((r) => r.object.metadata.name).sort(),
    held: result.held.map((held) => held.workspace),
    noted,
  };
}

Deno.test("preparePrune() carries on with what was approved, though less of it is left", async () => {
  const all = Array.from({ length: 4 }, (_, i) => removal(ConfigMap, `m${i}`));
  const first = await prepare(all, { isApproved: () => true });
  assert.equal(first.deleted.length, 4);
  const rest = all.slice(2);
  const second = await prepare(rest, { approved: first.noted });
  assert.deepEqual(second.deleted, ["m2", "m3"]);
  assert.deepEqual((await prepare(rest, {})).deleted, []);
});

Deno.test("preparePrune() lets only those Workspaces go that were approved, also where it carries on", async () => {
  const both = [removal(Workspace, "closed"), removal(Workspace, "running")];
  const contentOf = () => Promise.resolve([removal(ConfigMap, "site")]);
  const isApproved = ({ workspace }: HeldPrune) => workspace === "closed";
  const first = await prepare(both, { contentOf, isApproved });
  assert.deepEqual(first.deleted, ["closed"]);
  assert.deepEqual(first.held, ["running"]);
  // The API server was away meanwhile, and both are there still; the content
  // of one is less, and so its token another.
  const second = await prepare(both, {
    contentOf: () => Promise.resolve([removal(ConfigMap, "other")]),
    approved: first.noted,
  });
  assert.deepEqual(second.deleted, ["closed"]);
  assert.deepEqual(second.held, ["running"]);
});

Deno.test("preparePrune() takes no approval of some for that of all that a Repository applied", async () => {
  const all = Array.from({ length: 4 }, (_, i) => removal(ConfigMap, `m${i}`));
  const members = [...all, removal(ConfigMap, "kept")];
  const { noted } = await prepare(all, {
    members,
    isApproved: () => true,
    contentOf: undefined,
  });
  const whole = "the Repository is being deleted";
  const end = await prepare(members as Removal[], { approved: noted, whole });
  assert.deepEqual(end.deleted, []);
  assert.equal(end.held.length, 1);
});
