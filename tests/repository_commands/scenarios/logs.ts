import assert from "node:assert/strict";
import { Monitoring } from "../../../api/monitoring.ts";
import { bufferIo } from "../../../cli/io.ts";
import { main } from "../../../cli/main.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";
import { WAIT } from "../world.ts";

export const logs: Scenario = {
  name: "logs: in order, and what comes",
  async run(world) {
    const lines = (await world.ok("logs", "fleet")).trimEnd().split("\n");
    const times = lines.map((line) => line.split(" ")[0]!);
    assert.deepEqual(times, [...times].sort());
    const text = lines.join("\n");
    assert.match(text, /Normal +Succeeded +Repository\/fleet: Applied commit/);
    assert.match(
      text,
      /Warning +ManifestInvalid +Repository\/fleet: .*settings/,
    );
    assert.doesNotMatch(text, /broken/);
    assert.equal(await world.ok("logs", "fleet", "--since", "1ms"), "");

    const stop = new AbortController();
    const io = bufferIo();
    const following = main([
      ...["repository", "logs", "fleet", "-f", "--since", "1ms"],
      ...["--kubeconfig", world.up.kubeconfigPath],
    ], { io, signal: stop.signal });
    await eventually(async () => {
      // Whatever was put back before it follows is told of no more.
      await world.up.client.delete(Monitoring, "host", {
        namespace: "north",
        ignoreNotFound: true,
      });
      return /DriftCorrected +north Monitoring\/host: Put back/.test(io.stdout);
    }, { ...WAIT, what: "the correction is told" });
    stop.abort();
    await following;
  },
};
