import assert from "node:assert/strict";
import { join } from "node:path";
import { Agent } from "../../../api/agent.ts";
import { startChild } from "../../../cli/demo/child.ts";
import { bufferIo } from "../../../cli/io.ts";
import { main } from "../../../cli/main.ts";
import { selfCommand } from "../../../cli/self_command.ts";
import { isConverged } from "../../../hub/controllers/repository_devices.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import type { Scenario } from "../scenario.ts";
import { WAIT } from "../world.ts";

export const joinDevice: Scenario = {
  name: "a device joins",
  async run(world) {
    const { dir, up } = world;
    const kubeconfig = join(dir, "press-1.kubeconfig");
    const io = bufferIo();
    const code = await main([
      ...["agent", "generate", "press-1", "-w", "north", "-f", kubeconfig],
      ...["--kubeconfig", up.kubeconfigPath],
    ], { io });
    assert.equal(code, 0, io.stderr);
    const agent = startChild([
      ...selfCommand(),
      ...["agent", "--kubeconfig", kubeconfig],
      ...["--state-dir", join(dir, "press-1")],
    ], { name: "press-1", cwd: dir });
    world.defer(async () => {
      await agent.stop();
    });
    await eventually(
      async () =>
        isConverged(
          await up.client.get<Agent>(Agent, "press-1", { namespace: "north" }),
        ),
      WAIT,
    );
  },
};
