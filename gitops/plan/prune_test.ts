import assert from "node:assert/strict";
import { Agent } from "../../api/agent.ts";
import { ConfigMap } from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { DELETE_AFTER_ANNOTATION } from "../../api/names.ts";
import { Workspace } from "../../api/workspace.ts";
import type { Removal } from "./plan.ts";
import { decidePrune, type PruneInput, pruneToken } from "./prune.ts";
import { DEFAULT_PRUNE_GUARD } from "./prune_guard.ts";

const NOW = Date.parse("2026-01-02T00:00:00Z");
const HOUR = 3_600_000;

function removal(
  resource: Resource,
  name: string,
  of: { due?: number; created?: number } = {},
): Removal {
  const { due, created = 0 } = of;
  const annotations: Record<string, string> = due === undefined
    ? {}
    : { [DELETE_AFTER_ANNOTATION]: new Date(due).toISOString() };
  return {
    key: `${resource.kind}/${name}`,
    resource,
    object: {
      apiVersion: "v1",
      kind: resource.kind,
      metadata: {
        name,
        uid: `uid-${name}`,
        annotations,
        creationTimestamp: new Date(created).toISOString(),
      },
    },
  };
}

const many = (resource: Resource, count: number) =>
  Array.from({ length: count }, (_, i) => removal(resource, `o${i}`));

function decide(input: Partial<PruneInput>) {
  return decidePrune({
    removals: [],
    members: [],
    workspace: "a",
    setId: "set",
    guard: DEFAULT_PRUNE_GUARD,
    tombstone: 24 * HOUR,
    isApproved: () => false,
    now: NOW,
    ...input,
  });
}

Deno.test("decidePrune() suspends Agents and deletes the rest, where the guard lets it", () => {
  const members = [...many(Agent, 30), ...many(ConfigMap, 30)];
  const removals = [members[0]!, members[30]!];
  const some = decide({ members, removals });
  assert.deepEqual(some.suspend, [members[0]]);
  assert.deepEqual(some.delete, [members[30]]);
  assert.deepEqual(some.held, []);
  const now = decide({ members, removals, tombstone: 0 });
  assert.deepEqual(now.delete, removals);
});

Deno.test("decidePrune() holds what is too much, until exactly that is approved", () => {
  const members = many(Agent, 30);
  const removals = members.slice(0, 25);
  const { held, suspend } = decide({ members, removals });
  assert.deepEqual(suspend, []);
  assert.equal(held.length, 1);
  const isApproved: PruneInput["isApproved"] = ({ token }) =>
    token === held[0]!.token;
  assert.equal(decide({ members, removals, isApproved }).suspend.length, 25);
  const other = decide({ members, removals: members.slice(1, 26), isApproved });
  assert.equal(other.held.length, 1);
  assert.deepEqual(other.suspend, []);
});

Deno.test("decidePrune() deletes what is suspended when its time is over, and counts it no more", () => {
  const waiting = removal(Agent, "waiting", { due: NOW + HOUR });
  const due = removal(Agent, "due", { due: NOW });
  const members = [waiting, due, ...many(Agent, 3)];
  const decision = decide({ members, removals: [waiting, due] });
  assert.deepEqual(decision.delete, [due]);
  assert.deepEqual(decision.waiting, [waiting]);
  assert.equal(decision.due, NOW + HOUR);
  // All that is left but the suspended ones would go: that is all there is.
  const all = decide({ members, removals: members });
  assert.equal(all.held[0]?.objects, 3);
});

Deno.test("decidePrune() holds each Workspace with content by itself, and suspends those with Agents", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => removal(Workspace, name));
  const content = new Map([
    [a!.key, [removal(Agent, "press")]],
    [b!.key, [removal(ConfigMap, "map")]],
  ]);
  const removals = [a!, b!, c!];
  const { held, delete: gone } = decide({
    members: removals,
    removals,
    content,
  });
  assert.deepEqual(held.map((h) => h.workspace), ["a", "b"]);
  assert.deepEqual(gone, [c], "nothing is lost of an empty one");
  const approved = decide({
    members: removals,
    removals,
    content,
    isApproved: () => true,
  });
  assert.deepEqual(approved.suspend, [a]);
  assert.deepEqual(approved.delete, [b, c]);
});

Deno.test("decidePrune() asks again about a suspended Workspace into which Agents came", () => {
  const old = removal(Workspace, "a", { due: NOW });
  const with_ = (created: number) =>
    decide({
      members: [old],
      removals: [old],
      content: new Map([[old.key, [removal(Agent, "press", { created })]]]),
    });
  assert.deepEqual(with_(0).delete, [old]);
  const grown = with_(NOW - HOUR);
  assert.deepEqual(grown.delete, []);
  assert.equal(grown.held.length, 1);
});

Deno.test("decidePrune() holds everything where no manifest is left", () => {
  const empty = removal(Workspace, "a");
  const { held } = decide({
    members: [empty],
    removals: [empty],
    content: new Map(),
    whole: "there is no manifest",
  });
  assert.match(held[0]!.reason, /there is no manifest/);
});

Deno.test("pruneToken() stands for a set and the UIDs of its objects, in any order", () => {
  const [one, two] = many(Agent, 2) as [Removal, Removal];
  assert.equal(pruneToken("s", [one, two]), pruneToken("s", [two, one]));
  assert.notEqual(pruneToken("s", [one]), pruneToken("t", [one]));
  const { object } = one;
  const anew = {
    ...one,
    object: { ...object, metadata: { ...object.metadata, uid: "another" } },
  };
  assert.notEqual(pruneToken("s", [one]), pruneToken("s", [anew]));
});
