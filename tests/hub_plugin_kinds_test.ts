/** Kinds that plugins bring, as the hub installs, moves and removes them. */
import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { CustomResourceDefinition } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { PLUGIN_LABEL } from "../api/names.ts";
import { Plugin, type PluginVersion } from "../api/plugin.ts";
import type { PluginBundle } from "../api/plugin_bundle.ts";
import type { PluginKind } from "../api/plugin_kind.ts";
import { Revision } from "../api/revision.ts";
import { Workspace } from "../api/workspace.ts";
import { getCondition } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { condition, engines, HubEnvironment } from "./hub/environment.ts";
import {
  applyPlugin,
  pluginVersion,
  Thermometer,
  thermometer,
  thermometerKind,
  type ThermometerObject,
  thermometerPlugin,
} from "./hub/thermometer.ts";

const A = "site-a";
const CRD = "thermometers.sensors.example.com";
const [embedded] = engines;

async function start(
  catalogue: PluginBundle[],
): Promise<HubEnvironment> {
  // On other engines the end-to-end suite has a plugin that brings a kind.
  return await HubEnvironment.start(embedded!, { catalogue });
}

const enable = (
  { client }: HubEnvironment,
  workspace: string,
  plugins: Record<string, unknown>[],
) =>
  client.patch(Workspace, workspace, { spec: { plugins } }, { type: "merge" });

const untilKinds = (
  environment: HubEnvironment,
  reason: string,
  name = A,
) =>
  environment.until<Workspace>(
    Workspace,
    { name },
    `has kinds ${reason}`,
    condition("PluginKindsServed", reason),
  );

const crd = ({ client }: HubEnvironment) =>
  client.tryGet(CustomResourceDefinition, CRD);

const message = ({ status }: Workspace | Plugin, type: string) =>
  getCondition(status?.conditions, type)?.message ?? "";

Deno.test("a plugin's kind comes with the first workspace that enables it, serves Agents, and goes with the last object", async () => {
  await using environment = await start([thermometerPlugin()]);
  const { client } = environment;
  await environment.workspace(A);
  assert.equal(await crd(environment), undefined);

  await enable(environment, A, [{ name: "thermometers" }]);
  await untilKinds(environment, "Served");
  const installed = await crd(environment);
  assert.equal(installed!.metadata.labels?.[PLUGIN_LABEL], "thermometers");

  const made = await client.create<ThermometerObject>(
    Thermometer,
    thermometer("oven", { namespace: A, celsius: 80 }),
  );
  await environment.until<ThermometerObject>(
    Thermometer,
    { namespace: A, name: "oven" },
    "is served",
    condition("Ready", "Served"),
  );
  await environment.create<Agent>(Agent, "press-1", {
    namespace: A,
    spec: { plugins: [{ name: "oven", kind: "Thermometer" }] },
  });
  const configs = async (agent: Agent) => {
    const name = agent.status!.assignment!.revision;
    const { spec } = await client.get<Revision>(Revision, name, {
      namespace: A,
    });
    return spec.plugins.map(({ kind, name, type, config }) => ({
      kind,
      name,
      type,
      config,
    }));
  };
  const first = await environment.untilAgent(
    A,
    "press-1",
    "is assigned",
    ({ status }) => status?.assignment,
  );
  assert.deepEqual(await configs(first), [{
    kind: "Thermometer",
    name: "oven",
    type: undefined,
    config: { celsius: 80 },
  }]);
  await client.patch(Thermometer, "oven", { spec: { celsius: 90 } }, {
    namespace: A,
  });
  const second = await environment.untilAgent(
    A,
    "press-1",
    "follows the object",
    ({ status }) =>
      status!.assignment!.counter > first.status!.assignment!.counter,
  );
  assert.deepEqual((await configs(second))[0]!.config, { celsius: 90 });

  // An override that the kind's schema does not allow.
  await client.patch(Agent, "press-1", {
    spec: { plugins: [{ name: "oven", config: { celsius: 200 } }] },
  }, { namespace: A });
  const refused = await environment.untilAgent(
    A,
    "press-1",
    "has a wrong config",
    condition("Ready", "ConfigInvalid"),
  );
  assert.match(
    getCondition(refused.status!.conditions, "Ready")!.message,
    /spec\.celsius.*100/,
  );

  await enable(environment, A, []);
  const inUse = await untilKinds(environment, "PluginKindsInUse");
  assert.match(
    message(inUse, "PluginKindsServed"),
    /1 Thermometer of sensors\.example\.com \(oven\)\. Delete.*\n- name: thermometers\n +enabled: false\n +deletionPolicy: Delete$/,
  );
  assert.equal(
    getCondition(inUse.status!.conditions, "Ready")?.status,
    "True",
  );
  const kept = await client.get<KubeObject>(Thermometer, "oven", {
    namespace: A,
  });
  assert.equal(kept.metadata.uid, made.metadata.uid);

  await client.delete(Thermometer, "oven", { namespace: A });
  await environment.until<Workspace>(
    Workspace,
    { name: A },
    "has no kinds",
    (found) => !getCondition(found.status?.conditions, "PluginKindsServed"),
  );
  await environment.until<Plugin>(
    Plugin,
    { name: "thermometers" },
    "has no kinds installed",
    condition("KindsInstalled", "NotEnabled"),
  );
  await eventually(async () => !await crd(environment), {
    timeout: 60_000,
    what: "its CustomResourceDefinition is gone",
  });
});

const entry = (
  { client }: HubEnvironment,
  name: string,
  ...versions: PluginVersion[]
) => applyPlugin(client, name, versions);

const untilInstalled = (
  environment: HubEnvironment,
  reason: string,
  name = "thermometers",
) =>
  environment.until<Plugin>(
    Plugin,
    { name },
    `has kinds ${reason}`,
    condition("KindsInstalled", reason),
  );

const make = ({ client }: HubEnvironment, name: string, celsius: number) =>
  client.create<ThermometerObject>(
    Thermometer,
    thermometer(name, { namespace: A, celsius }),
  );

const limited = (celsius: { type: string; maximum?: number }) =>
  thermometerKind({ celsius, unit: { type: "string" } });

Deno.test("kinds of plugins, with one hub", async (t) => {
  await using environment = await start([]);
  const { client } = environment;
  const wide = thermometerKind({ celsius: { type: "integer" } });
  await entry(environment, "thermometers", pluginVersion("1.0.0", wide));
  const ann = { user: "ann", role: "operator" as const };
  const bob = { user: "bob", role: "viewer" as const };
  await environment.workspace(A, {
    plugins: [{ name: "thermometers" }],
    members: [ann, bob],
  });
  await environment.workspace("site-b", { members: ["eve"] });
  await untilKinds(environment, "Served");

  const may = async (user: string, verb: string, namespace = A) =>
    (await client.accessReview({
      user,
      verb,
      group: Thermometer.group,
      resource: Thermometer.plural,
      namespace,
    })).allowed;

  await t.step(
    "members of a workspace that enables it get at it by their roles, nobody else does",
    async () => {
      const sync = `system:serviceaccount:${A}:faros-sync`;
      for (const verb of ["get", "create", "patch", "delete"]) {
        assert.equal(await may("ann", verb), true, `operator: ${verb}`);
        assert.equal(await may(sync, verb), true, `sync: ${verb}`);
        assert.equal(await may("bob", verb), verb === "get", `viewer: ${verb}`);
        assert.equal(await may("ann", verb, "site-b"), false, "elsewhere");
        assert.equal(await may("eve", verb, "site-b"), false, "not enabled");
        assert.equal(
          await may("system:serviceaccount:site-b:faros-sync", verb, "site-b"),
          false,
        );
      }
    },
  );

  await t.step(
    "a version that stored objects do not fit is refused with a list, and comes once they do",
    async () => {
      await make(environment, "hot", 150);
      await make(environment, "cold", 5);
      const narrow = limited({ type: "integer", maximum: 100 });
      const versions = [
        pluginVersion("1.0.0", wide),
        pluginVersion("2.0.0", narrow),
      ];
      await entry(environment, "thermometers", ...versions);
      const refused = await untilInstalled(environment, "KindsUpgradeRefused");
      assert.match(
        message(refused, "KindsInstalled"),
        /1 stored object would not stay .* site-a\/hot: spec\.celsius.*100/,
      );
      assert.match(
        message(
          await untilKinds(environment, "KindsUpgradeRefused"),
          "PluginKindsServed",
        ),
        /Plugin thermometers: .*site-a\/hot/,
      );
      // What there was goes on.
      const { spec } = await client.get<ThermometerObject>(Thermometer, "hot", {
        namespace: A,
      });
      assert.deepEqual(spec, { celsius: 150 });

      await client.patch(Thermometer, "hot", { spec: { celsius: 99 } }, {
        namespace: A,
      });
      await untilInstalled(environment, "Installed");
      await untilKinds(environment, "Served");
      const strict = { namespace: A, fieldValidation: "Strict" as const };
      await client.patch(Thermometer, "hot", { spec: { unit: "C" } }, strict);

      // Back to what has no unit: refused as well.
      await enable(environment, A, [{
        name: "thermometers",
        version: "1.0.0",
      }]);
      const back = await untilInstalled(environment, "KindsUpgradeRefused");
      assert.match(
        message(back, "KindsInstalled"),
        /site-a\/hot: spec\.unit would be lost/,
      );
      await enable(environment, A, [{ name: "thermometers" }]);
      await untilInstalled(environment, "Installed");
    },
  );

  await t.step(
    "objects of a kind that a version brings no more stay, and can be deleted",
    async () => {
      const other = thermometerKind({}, { kind: "Barometer" });
      const versions = [
        pluginVersion("2.0.0", limited({ type: "integer", maximum: 100 })),
        pluginVersion("3.0.0", other),
      ];
      await entry(environment, "thermometers", ...versions);
      const inUse = await untilKinds(environment, "PluginKindsInUse");
      assert.match(
        message(inUse, "PluginKindsServed"),
        /does not bring all of its kinds any more.*2 Thermometer of sensors\.example\.com \(cold, hot\)/,
      );
      assert.equal(await may("ann", "create"), false);
      assert.equal(await may("ann", "delete"), true);
      await entry(environment, "thermometers", versions[0]!);
      await untilKinds(environment, "Served");
    },
  );

  await t.step(
    "deletionPolicy Delete deletes the objects, of a disabled plugin alone, and says what is left",
    async () => {
      await client.patch(Thermometer, "cold", {
        metadata: { finalizers: ["example.com/hold"] },
      }, { namespace: A });
      await enable(environment, A, [
        { name: "thermometers", deletionPolicy: "Delete" },
      ]);
      await untilKinds(environment, "Served");
      assert.equal(
        (await client.list(Thermometer, { namespace: A })).items.length,
        2,
      );
      await enable(environment, A, [
        { name: "thermometers", enabled: false, deletionPolicy: "Delete" },
      ]);
      const held = await environment.until<Workspace>(
        Workspace,
        { name: A },
        "waits for a finalizer",
        (found) =>
          /1 Thermometer of sensors\.example\.com \(cold\)/.test(
            message(found, "PluginKindsServed"),
          ),
      );
      assert.equal(
        getCondition(held.status!.conditions, "PluginKindsServed")!.reason,
        "PluginKindsDeleting",
      );
      await client.patch(Thermometer, "cold", {
        metadata: { finalizers: null },
      }, {
        namespace: A,
      });
      await untilInstalled(environment, "NotEnabled");
      await eventually(async () => !await crd(environment), {
        timeout: 60_000,
        what: "its CustomResourceDefinition is gone",
      });
      assert.equal(await may("ann", "get"), false);
    },
  );

  await t.step(
    "a kind that is not the plugin's own to bring is refused",
    async () => {
      const refused = async (
        name: string,
        kind: PluginKind,
      ) => {
        await entry(environment, name, pluginVersion("1.0.0", kind));
        const found = await environment.until<Plugin>(
          Plugin,
          { name },
          "is refused",
          condition("Ready", "KindConflict"),
        );
        return message(found, "Ready");
      };
      const of = (group: string, kind = "Sensor") =>
        thermometerKind({}, { group, kind });
      assert.match(
        await refused("of-faros", of("plugins.faros.sh")),
        /group plugins\.faros\.sh, which is one of faros\.sh/,
      );
      assert.match(await refused("of-k8s", of("apps")), /Kubernetes' own/);
      assert.match(await refused("of-sig", of("x.k8s.io")), /one of k8s\.io/);
      assert.match(
        await refused("secrets", of("x.example.com", "Secret")),
        /Secret is a kind of Kubernetes/,
      );

      await entry(
        environment,
        "mine",
        pluginVersion("1.0.0", of("taken.example.com")),
      );
      await entry(
        environment,
        "yours",
        pluginVersion("1.0.0", of("taken.example.com", "Sieve")),
      );
      await client.create<KubeObject>(CustomResourceDefinition, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: "widgets.foreign.example.com" },
        spec: {
          group: "foreign.example.com",
          scope: "Namespaced",
          names: { kind: "Widget", plural: "widgets" },
          versions: [{
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object" } },
          }],
        },
      } as KubeObject);
      await entry(
        environment,
        "theirs",
        pluginVersion("1.0.0", of("foreign.example.com")),
      );
      await enable(environment, A, [{ name: "mine" }]);
      await untilInstalled(environment, "Installed", "mine");
      await enable(environment, A, [
        { name: "mine" },
        { name: "yours" },
        { name: "theirs" },
      ]);
      assert.match(
        message(
          await untilInstalled(environment, "KindConflict", "yours"),
          "KindsInstalled",
        ),
        /API group taken\.example\.com is that of Plugin mine/,
      );
      assert.match(
        message(
          await untilInstalled(environment, "KindConflict", "theirs"),
          "KindsInstalled",
        ),
        /CustomResourceDefinition widgets\.foreign\.example\.com has it/,
      );

      // Agents call kinds by their names alone.
      await entry(
        environment,
        "twin",
        pluginVersion("1.0.0", of("twin.example.com")),
      );
      await enable(environment, A, [{ name: "mine" }, { name: "twin" }]);
      const twins = await untilKinds(environment, "KindConflict");
      assert.match(
        message(twins, "PluginKindsServed"),
        /Plugin twin brings Sensor, and so does another one/,
      );
    },
  );

  await t.step(
    "a schema that no API server takes is refused with its field",
    async () => {
      await entry(
        environment,
        "odd",
        pluginVersion("1.0.0", thermometerKind({ list: { type: "array" } })),
      );
      const found = await environment.until<Plugin>(
        Plugin,
        { name: "odd" },
        "is refused",
        condition("Ready", "KindsInvalid"),
      );
      assert.match(
        message(found, "Ready"),
        /properties\[list\]\.items: .*specified/,
      );
    },
  );
});
