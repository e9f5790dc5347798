import assert from "node:assert/strict";
import { parse } from "yaml";
import { bufferIo } from "../../../cli/io.ts";
import { main } from "../../../cli/main.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";
import { WAIT } from "../world.ts";

export const get: Scenario = {
  name: "get: a table, an object, changes",
  async run(world) {
    // The hub counts devices twice a second at most.
    await eventually(
      async () => (await world.fleet()).status?.devices?.converged === 1,
      { ...WAIT, what: "the device is counted" },
    );
    const [header, broken, fleet] = (await world.ok("get")).split("\n");
    assert.match(
      header!,
      /^NAME +URL +REF +READY +APPLIED +CONVERGED +SUSPENDED +MESSAGE$/,
    );
    assert.match(broken!, /^broken +\S+\.not +main +False +- /);
    assert.match(
      fleet!,
      /^fleet +\S+ +main +True +\w{12} +1\/2 +False +Applied commit/,
    );
    assert.equal(
      parse(await world.ok("get", "fleet", "-o", "yaml")).kind,
      "Repository",
    );
    assert.match(await world.ok("get", "-o", "wide"), /OFFLINE +OBSERVED/);
    const unknown = await world.run(["get", "flet"]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /there are: broken, fleet; did you mean fleet\?/);

    const stop = new AbortController();
    const io = bufferIo();
    const watching = main([
      ...["repository", "get", "fleet", "-w"],
      ...["--kubeconfig", world.up.kubeconfigPath],
    ], { io, signal: stop.signal });
    await eventually(() => io.stdout.split("\n").length > 2, WAIT);
    await world.ok("suspend", "fleet");
    await eventually(
      () => /^fleet +\S+ +main +True +\w{12} +1\/2 +True /m.test(io.stdout),
      { ...WAIT, what: "the suspension shows" },
    );
    await world.ok("resume", "fleet", "--wait");
    await eventually(
      () =>
        io.stdout.trimEnd().split("\n").at(-1)!.includes("1/2         False"),
      { ...WAIT, what: "it goes on" },
    );
    stop.abort();
    await watching;
  },
};
