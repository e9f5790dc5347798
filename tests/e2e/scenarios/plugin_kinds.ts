import assert from "node:assert/strict";
import { pluginSource } from "../../../agent/testing/script_plugin.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Plugin } from "../../../api/plugin.ts";
import { Workspace } from "../../../api/workspace.ts";
import { getCondition } from "../../../kube/conditions.ts";
import { isForbidden, isNotFound } from "../../../kube/kube_api_error.ts";
import { Thermometer, thermometerKind } from "../../hub/thermometer.ts";
import { inWorkspace, siteFiles } from "../manifests.ts";
import type { Environment } from "../environment.ts";
import type { Scenario } from "../scenario.ts";
import { stringify } from "yaml";
import { Publisher } from "../publisher.ts";

const PLUGIN = "thermometers";
const WORKSPACE = "site-kinds";

/** Tells of its config, and which object it is of. */
const source = pluginSource(`
  ctx.status({ celsius: ctx.config.celsius, object: ctx.object });
  await wait(ctx.signal);`);

export const pluginKinds: Scenario = {
  name:
    "a plugin of somebody else's brings a kind of its own, whose objects are its config, and takes it along",
  async run(environment, { workspace: other }) {
    await using publisher = await Publisher.start();
    const plugin = await publisher.publish(PLUGIN, {
      version: "1.0.0",
      source,
      kinds: [thermometerKind()],
      provides: [{ kind: "Thermometer", group: Thermometer.group }],
    });
    const base = siteFiles(WORKSPACE, { agents: [] });
    const workspaceYaml = (plugins: unknown[]) =>
      stringify({
        apiVersion: Workspace.apiVersion,
        kind: Workspace.kind,
        metadata: { name: WORKSPACE },
        spec: { plugins, trust: [publisher.trust] },
      });
    const thermometerYaml = (celsius: number) =>
      stringify({
        apiVersion: "sensors.example.com/v1",
        kind: "Thermometer",
        metadata: { name: "oven" },
        spec: { celsius },
      });
    const agentYaml = (plugins: unknown[]) =>
      stringify({
        apiVersion: "edge.faros.sh/v1alpha1",
        kind: "Agent",
        metadata: { name: "mill-1" },
        spec: { plugins },
      });
    const path = inWorkspace(WORKSPACE, "oven.yaml");
    const agentPath = inWorkspace(WORKSPACE, "mill-1.yaml");
    const workspacePath = inWorkspace(WORKSPACE, "workspace.yaml");

    // Plugin, Workspace, object and Agent come in one commit.
    await environment.sync({
      ...base,
      "root/thermometers.yaml": stringify(plugin),
      [workspacePath]: workspaceYaml([{ name: PLUGIN }]),
      [path]: thermometerYaml(80),
      [agentPath]: agentYaml([{ name: "oven", kind: "Thermometer" }]),
    });
    const device = await environment.join(WORKSPACE, "mill-1");
    const summary = (celsius: number) => async () =>
      await environment.untilConverged(device, ({ status }) => {
        const [state] = status!.plugins ?? [];
        return state?.summary?.celsius === celsius &&
          state.kind === "Thermometer" && state.name === "oven";
      });
    await summary(80)();
    await environment.sync({ [path]: thermometerYaml(90) });
    await summary(90)();

    const { client, namespace, kubectl } = await environment.in(WORKSPACE);
    const shown = await kubectl(["get", "thermometers"]);
    assert.match(shown.stdout, /^NAME +LIMIT\noven +90\n$/);

    // Another workspace has nothing of it.
    const wrong = inWorkspace(other, "oven.yaml");
    await environment.push({ [wrong]: thermometerYaml(1) });
    const refused = await environment.untilRepository(
      "the kind was refused elsewhere",
      ({ lastError }) => lastError?.file === wrong,
    );
    assert.match(
      refused.lastError!.message,
      /Plugin thermometers brings Thermometer, and workspaces\/site-a\/workspace\.yaml does not enable it/,
    );
    await environment.sync({ [wrong]: null });

    // Disabled, its object stays, and nobody makes another.
    await environment.sync({ [workspacePath]: workspaceYaml([]) });
    const inUse = await untilKinds(environment, "PluginKindsInUse");
    assert.match(inUse, /1 Thermometer of sensors\.example\.com \(oven\)/);
    assert.ok(await client.tryGet(Thermometer, "oven", { namespace }));

    // Said to be deleted, it goes, and the kind with it.
    await environment.sync({
      [workspacePath]: workspaceYaml([
        { name: PLUGIN, enabled: false, deletionPolicy: "Delete" },
      ]),
      [path]: null,
      [agentPath]: agentYaml([]),
    });
    await untilKinds(environment, undefined);
    await environment.until("the kind was gone", async () => {
      const found = await environment.client.get<Plugin>(Plugin, PLUGIN);
      return getCondition(found.status?.conditions, "KindsInstalled")
        ?.reason === "NotEnabled";
    });
    await environment.until("nothing of it was served", async () => {
      try {
        await client.list<KubeObject>(Thermometer, { namespace });
        return false;
      } catch (error) {
        return isNotFound(error) || isForbidden(error);
      }
    });
    await device.agent.stop();
  },
};

/** Waits until a Workspace says so of its plugins' kinds. @returns the message */
async function untilKinds(
  environment: Environment,
  reason: string | undefined,
): Promise<string> {
  let message = "";
  await environment.until(`the kinds were ${reason}`, async () => {
    const found = await environment.client.get<Workspace>(
      Workspace,
      WORKSPACE,
    );
    const condition = getCondition(
      found.status?.conditions,
      "PluginKindsServed",
    );
    message = condition?.message ?? "";
    return condition?.reason === reason;
  }, { explain: () => message });
  return message;
}
