import assert from "node:assert/strict";
import * as core from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Plugin } from "../../../api/plugin.ts";
import { Workspace } from "../../../api/workspace.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { getCondition } from "../../../kube/conditions.ts";
import { APIBinding, APIExport } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import {
  applyPlugin,
  pluginVersion,
  Thermometer,
  thermometer,
  thermometerKind,
  type ThermometerObject,
} from "../../hub/thermometer.ts";
import { HUB, type KcpEnvironment, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

const PLUGIN = "thermometers";
const EXPORT = "thermometers.plugins.faros.sh";
const SITE = "site-a";
const OTHER = "site-b";

interface Binding extends KubeObject {
  spec: { reference: { export: { name: string } } };
}

interface Event extends KubeObject {
  reason: string;
  involvedObject: { name: string };
}

export const pluginKinds: Scenario = {
  name:
    "a plugin's kinds are bound where it is enabled, and unbound once no object is left in any namespace",
  async run(environment) {
    const hub = await environment.admin(HUB);
    const inside = await environment.admin(`${HUB}:${SITE}`);
    const elsewhere = await environment.admin(`${HUB}:${OTHER}`);
    const wide = thermometerKind({ celsius: { type: "integer" } });
    const narrow = thermometerKind({
      celsius: { type: "integer", maximum: 100 },
    });
    const enable = (name: string, plugins: Record<string, unknown>[]) =>
      hub.patch(Workspace, name, { spec: { plugins } }, { type: "merge" });
    await applyPlugin(hub, PLUGIN, [pluginVersion("1.0.0", wide)]);
    const { spec: before } = await hub.get<Workspace>(Workspace, SITE);
    await enable(SITE, [{ name: PLUGIN }]);
    await untilKinds(environment, "Served");

    const make = (namespace: string, name: string, celsius: number) =>
      inside.create<ThermometerObject>(
        Thermometer,
        thermometer(name, { namespace, celsius }),
      );
    const hot = await make("default", "hot", 150);
    await eventually(async () => {
      const found = await inside.get<ThermometerObject>(Thermometer, "hot", {
        namespace: "default",
      });
      const ready = getCondition(found.status?.conditions as never, "Ready");
      return ready?.reason === "Served";
    }, { timeout: TIMEOUT, what: "the object was served" });
    await assert.rejects(
      elsewhere.list(Thermometer),
      { code: 404 },
      "another workspace has nothing of it",
    );

    // A hub that starts finds what is there.
    await environment.stopHub();
    await environment.startHub();

    // Where an object would not stay as it is, the kind does.
    await applyPlugin(hub, PLUGIN, [
      pluginVersion("1.0.0", wide),
      pluginVersion("2.0.0", narrow),
    ]);
    assert.match(
      await untilInstalled(hub, "KindsUpgradeRefused"),
      /1 stored object would not stay as they are[\s\S]*site-a\/default\/hot: spec\.celsius.*100/,
    );
    await inside.patch(Thermometer, "hot", { spec: { celsius: 90 } }, {
      namespace: "default",
    });
    await untilInstalled(hub, "Installed");
    await eventually(
      () => make("default", "hotter", 101).then(() => false, () => true),
      { timeout: TIMEOUT, what: "the binding had followed" },
    );

    // What a tenant's administrator unbinds is bound again, and told of.
    await deleteBinding(inside);
    await eventually(
      () =>
        inside.tryGet(Thermometer, "hot", { namespace: "default" })
          .then((found) => found?.metadata.uid !== hot.metadata.uid),
      { timeout: TIMEOUT, what: "the old binding had taken its objects along" },
    );
    await eventually(
      () => make("default", "cold", 5).then(() => true, () => false),
      { timeout: TIMEOUT, what: "the kind was served again" },
    );
    await eventually(async () => {
      const { items } = await hub.list<Event>(core.Event);
      return items.some((event) =>
        event.reason === "BindingMissing" && event.involvedObject.name === SITE
      );
    }, { timeout: TIMEOUT, what: "an Event told of it" });

    // In a namespace that is the tenant's own, too, it holds its kind.
    await inside.create<KubeObject>(core.Namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "attic" },
    });
    await make("attic", "old", 1);
    await enable(SITE, []);
    assert.match(
      await untilKinds(environment, "PluginKindsInUse"),
      /2 Thermometer of sensors\.example\.com \((cold, old|old, cold)\)/,
    );
    await inside.delete(Thermometer, "cold", { namespace: "default" });
    await environment.untilWorkspace(
      SITE,
      (found) => /1 Thermometer .*\(old\)/.test(messageOf(found)),
    );
    assert.ok(await inside.get(Thermometer, "old", { namespace: "attic" }));
    await enable(SITE, [
      { name: PLUGIN, enabled: false, deletionPolicy: "Delete" },
    ]);
    await untilKinds(environment, undefined);
    await eventually(async () => !await bindingOf(inside), {
      timeout: TIMEOUT,
      what: "the binding was gone",
    });
    await eventually(async () => !await hub.tryGet(APIExport, EXPORT), {
      timeout: TIMEOUT,
      what: "the export was gone",
    });
    await hub.delete(Plugin, PLUGIN);
    await enable(SITE, before?.plugins ?? []);
  },
};

function messageOf(workspace: Workspace | undefined): string {
  return getCondition(workspace?.status?.conditions, "PluginKindsServed")
    ?.message ?? "";
}

/** Waits until the Workspace says so of its plugins' kinds. @returns the message */
async function untilKinds(
  environment: KcpEnvironment,
  reason: string | undefined,
): Promise<string> {
  const found = await environment.untilWorkspace(
    SITE,
    (found) =>
      found?.status?.observedGeneration === found?.metadata.generation &&
      getCondition(found?.status?.conditions, "PluginKindsServed")?.reason ===
        reason,
  );
  return messageOf(found);
}

/** Waits until the Plugin says so of its kinds. @returns the message */
async function untilInstalled(
  hub: KubeClient,
  reason: string,
): Promise<string> {
  let message = "";
  await eventually(async () => {
    const { metadata, status } = await hub.get<Plugin>(Plugin, PLUGIN);
    const condition = getCondition(status?.conditions, "KindsInstalled");
    message = condition?.message ?? "";
    return condition?.reason === reason &&
      condition.observedGeneration === metadata.generation;
  }, { timeout: TIMEOUT, what: `the plugin's kinds were ${reason}` });
  return message;
}

async function bindingOf(inside: KubeClient): Promise<Binding | undefined> {
  const { items } = await inside.list<Binding>(APIBinding);
  return items.find(({ spec }) => spec.reference.export.name === EXPORT);
}

async function deleteBinding(inside: KubeClient): Promise<void> {
  const { metadata: { name, uid } } = (await bindingOf(inside))!;
  await inside.delete(APIBinding, name, { uid });
}
