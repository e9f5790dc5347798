import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { Repository } from "../../../api/repository.ts";
import { devices, files, moved } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";

/** The second is found only where kinds are looked for. */
const twoFaults = `
{ apiVersion: v1, kind: ConfigMap, metadata: { name: 7 } }
---
{ apiVersion: edge.faros.sh/v1alpha1, kind: Agnet, metadata: { name: x } }
`;

export const diff: Scenario = {
  name: "suspend, diff, resume",
  async run(world) {
    const same = await world.run(["diff", "fleet"]);
    assert.equal(same.code, 0, same.out + same.err);
    assert.match(same.out, /No difference: 0 to create.* 7 unchanged\./);

    assert.match(await world.ok("suspend", "fleet"), /fleet suspended/);
    assert.match(await world.ok("suspend", "fleet"), /suspended already/);
    const refused = await world.run(["sync", "fleet"]);
    assert.match(refused.err, /repository resume fleet' first/);
    await world.up.client.patch(Agent, "press-2", { spec: { paused: true } }, {
      namespace: "north",
      fieldManager: "kubectl-edit",
    });
    const south = "fleet/workspaces/south/settings.yaml";
    await world.git.push({
      [devices]: moved.replace("5s", "5s, token: opensesame"),
      [south]:
        files[south].replace("slow", "fast").replace("hunter2", "swordfish") +
        "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: new }\n",
    });
    const newest = await world.run(["diff", "fleet"]);
    assert.equal(newest.code, 2, newest.err);
    assert.match(newest.out, /^~ north +Agent\/press-2 .*devices\.yaml:7$/m);
    assert.match(newest.out, /^ {4}spec\.paused: true → \(none\)$/m);
    assert.match(newest.out, /^\+ south +ConfigMap\/new/m);
    assert.match(newest.out, /data\.speed: "slow" → "fast"/);
    assert.match(newest.out, /^~ south +Secret\/door/m);
    assert.doesNotMatch(newest.out, /swordfish|hunter2|aHVudGVyMg|opensesame/);
    assert.match(
      newest.out,
      /^ {4}spec\.config\.token: .*\(not shown\)$/m,
      "of a config without a schema nothing is",
    );
    assert.match(newest.out, /^1 to create, 4 to update, 0 to delete, 3 unch/m);

    const applied = await world.run([
      ...["diff", "fleet", "--applied", "-o", "json"],
    ]);
    assert.equal(applied.code, 2, applied.err);
    assert.deepEqual(
      JSON.parse(applied.out).objects.map((o: { name: string }) => o.name),
      ["press-2"],
    );
    const rule = {
      target: { kind: "Agent" },
      paths: ["/spec/paused"],
      drift: "ignore",
    };
    const rules = (driftRules: unknown) =>
      world.up.client.patch(Repository, "fleet", { spec: { driftRules } });
    await rules([rule]);
    assert.equal((await world.run(["diff", "fleet", "--applied"])).code, 0);
    await rules(null);
    await world.git.push({ [south]: twoFaults });
    const faulty = await world.run(["diff", "fleet"]);
    assert.equal(faulty.code, 1);
    assert.match(
      faulty.out,
      /^! fleet\/workspaces\/south\/settings\.yaml:\d.* metadata\.name/m,
    );
    assert.match(faulty.out, /^! .* there is no kind Agnet .*"Agent"\?$/m);
    await world.git.push({
      [devices]: moved.replace("name: host }]", "name: hots }]"),
    });
    const dangling = await world.run(["diff", "fleet"]);
    assert.equal(dangling.code, 1);
    assert.match(
      dangling.out,
      /^! fleet\/\S+devices\.yaml:\d+:\d+: .* found hots, .* did you mean "host"\?$/m,
    );
    const onlyHost = moved.slice(0, 13) + moved.slice(moved.lastIndexOf("---"));
    await world.git.push({ [devices]: onlyHost, [south]: "# nothing\n" });
    const removed = await world.run(["diff", "fleet"]);
    assert.equal(removed.code, 2);
    assert.match(
      removed.out,
      /^! south +waits for approval: 2 of 2 objects would be deleted: all/m,
    );
    assert.doesNotMatch(removed.out, /^! north/m);
    await world.git.push({ [devices]: moved, [south]: twoFaults });

    const resumed = await world.run(["resume", "fleet", "--wait"]);
    assert.equal(resumed.code, 1, "what cannot be applied is an error");
    assert.match(
      resumed.err,
      /Cannot resume repository fleet: ManifestInvalid.* \(and 1 more\)/,
    );
    const [first, , ...others] = moved.split("---");
    await world.git.push({
      [south]: files[south],
      [devices]: [first, ...others].join("---"),
    });
    await world.ok("sync", "fleet", "--wait");
    const left = await world.run(["diff", "fleet"]);
    assert.equal(left.code, 0, "a sync changes nothing of who is suspended");
    assert.match(left.out, /6 unchanged, 1 suspended until/);
    const tree = await world.ok("tree", "fleet", "-w", "north");
    assert.match(tree, /Agent\/press-2 +Suspended /);
    assert.match(tree, /── north .* 1\/1 device converged$/m);
    assert.match(
      await world.ok("trace", "agent/press-2", "-w", "north"),
      /State: +Suspended\n[^]* Devices: +none is asked for/,
    );
    await world.git.push({ [devices]: moved });
    await world.ok("sync", "fleet", "--wait");
    assert.equal((await world.run(["diff", "fleet"])).code, 0);
  },
};
