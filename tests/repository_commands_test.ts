/**
 * `kubectl faros repository`, as people type it, on a hub with its own API
 * server, a real Git repository and a device.
 *
 * @module
 */
import type { Scenario } from "./repository_commands/scenario.ts";
import { create } from "./repository_commands/scenarios/create.ts";
import { diff } from "./repository_commands/scenarios/diff.ts";
import { get } from "./repository_commands/scenarios/get.ts";
import { health } from "./repository_commands/scenarios/health.ts";
import { joinDevice } from "./repository_commands/scenarios/join_device.ts";
import { kubectlPlugin } from "./repository_commands/scenarios/kubectl_plugin.ts";
import { logs } from "./repository_commands/scenarios/logs.ts";
import { metrics } from "./repository_commands/scenarios/metrics.ts";
import { trace } from "./repository_commands/scenarios/trace.ts";
import { tree } from "./repository_commands/scenarios/tree.ts";
import { World } from "./repository_commands/world.ts";

/** Each finds the fleet as those before it left it. */
const scenarios: readonly Scenario[] = [
  create,
  joinDevice,
  get,
  tree,
  trace,
  diff,
  health,
  logs,
  metrics,
  kubectlPlugin,
];

Deno.test("faros repository: from create to trace", async (t) => {
  await using world = await World.start();
  for (const { name, ignore, run } of scenarios) {
    await t.step({ name, ignore: ignore ?? false, fn: () => run(world) });
  }
});
