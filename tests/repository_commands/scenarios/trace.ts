import assert from "node:assert/strict";
import { Monitoring } from "../../../api/monitoring.ts";
import { devices, moved } from "../fleet.ts";
import type { Scenario } from "../scenario.ts";

export const trace: Scenario = {
  name: "trace: from an object, a file, a commit",
  async run(world) {
    const { first } = world;
    const text = await world.ok("trace", "monitoring/host", "-w", "north");
    assert.match(text, /^Monitoring\/host in workspace north\n/);
    for (
      const field of [
        /Repository: +fleet \(.*fleet\.git\)/,
        new RegExp(`File: +${devices}:11$`, "m"),
        new RegExp(`Commit: +${first}$`, "m"),
        /Author: +Ada <ada@example\.org>/,
        /Date: +20\d\d-/,
        /Message: +change$/m,
        /Applied: +20\d\d-/,
        /^north +press-2 +False +False +- +no device has joined/m,
      ]
    ) assert.match(text, field);
    const agent = JSON.parse(
      await world.ok("trace", "fa/press-1", "-w", "north", "-o", "json"),
    );
    assert.equal(agent.line, 2);
    assert.deepEqual(
      agent.devices.map((d: Record<string, unknown>) => [d.name, d.converged]),
      [["press-1", true]],
    );
    assert.match(
      await world.ok("trace", "workspace/north"),
      /File: +fleet\/workspaces\/north\/workspace\.yaml:2\n(.|\n)*1\/2 devices/,
    );

    // Only what changes gets another commit: the first stays true of the rest.
    const second = await world.git.push({
      [devices]: moved,
    });
    await world.applied(second);
    const at = async (place: string) =>
      JSON.parse(await world.ok("trace", "--file", place, "-o", "json"))
        .map((o: Record<string, unknown>) => [o.name, o.line, o.commit]);
    assert.deepEqual(await at(devices), [
      ["press-1", 2, first],
      ["press-2", 6, first],
      ["host", 12, second],
    ]);
    assert.deepEqual(await at(`${devices}:14`), [["host", 12, second]]);
    assert.deepEqual(
      await at("./workspaces/north/devices.yaml:7"),
      [["press-2", 6, first]],
      "as the hub's messages name it",
    );
    const missing = await world.run(["trace", "agent/press-9", "-w", "north"]);
    assert.match(
      missing.err,
      /Cannot trace Agent press-9: there is none of that name in workspace north/,
    );
    const nothing = await world.run(["trace", "--file", "README.md"]);
    assert.equal(nothing.code, 1);
    assert.match(nothing.err, /nothing that is applied stands there/);

    const commit = await world.ok("trace", "--commit", second.slice(0, 8));
    assert.match(commit, new RegExp(`^Commit ${second}\n`));
    assert.match(commit, /Objects: +1 that it changed last/);
    assert.match(
      commit,
      /^north +Monitoring\/host .*devices\.yaml:12 .* Ada +0\/1$/m,
    );
    const old = await world.ok("trace", "--commit", first);
    assert.match(old, /Objects: +6 that it changed last/);
    assert.match(old, /orders to 1 come of it; 1\/1 device converged/);
    assert.match(
      (await world.run(["trace", "--commit", "0123456789"])).err,
      /no repository's newest commit/,
    );

    await world.up.client.create(Monitoring, {
      apiVersion: Monitoring.apiVersion,
      kind: "Monitoring",
      metadata: { name: "mine", namespace: "north" },
      spec: { type: "host" },
    } as never);
    assert.match(
      (await world.run(["trace", "monitoring/mine", "-w", "north"])).err,
      /no repository applied it/,
    );
    assert.match(
      (await world.run(["trace", "agnt/press-1", "-w", "north"])).err,
      /did you mean agent\?/,
    );
  },
};
