import assert from "node:assert/strict";
import type { Scenario } from "../scenario.ts";

export const tree: Scenario = {
  name: "tree: down to devices",
  async run(world) {
    const short = world.first.slice(0, 12);
    const lines = (await world.ok("tree", "fleet")).trimEnd().split("\n");
    assert.match(
      lines[0]!,
      new RegExp(
        `^fleet   \\S+   Ready   commit ${short}   1/2 devices converged, 1 offline$`,
      ),
    );
    assert.match(
      lines[1]!,
      /^├── north {3}commit \w{12} {3}3 objects {3}1\/2 devices converged, 1 offline$/,
    );
    assert.match(
      lines[2]!,
      /^│ {3}├── Agent\/press-1 +Ready +converged +online$/,
    );
    assert.match(
      lines[3]!,
      /^│ {3}├── Agent\/press-2 .* no device has joined as it +offline$/,
    );
    assert.match(
      lines[4]!,
      /^│ {3}└── Monitoring\/host .* on 0\/1 device converged, 1 offline: press-2$/,
    );
    assert.match(lines[5]!, /^└── south +commit \w{12} +2 objects$/);
    const bounded = await world.ok("tree", "fleet", "--limit", "1");
    assert.match(bounded, /… 2 more: -w north --limit 0/);
    assert.match(bounded, /… 1 more workspaces/);
    const json = JSON.parse(
      await world.ok("tree", "fleet", "-w", "south", "-o", "json"),
    );
    assert.deepEqual(
      json.workspaces[0].objects.map((o: { name: string }) => o.name),
      ["settings", "door"],
    );
    const unknown = await world.run(["tree", "fleet", "-w", "west"]);
    assert.match(unknown.err, /has none of that name; it has north, south/);
  },
};
