import assert from "node:assert/strict";
import { createHubKey } from "../../agent/testing/hub_key.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import { ExampleFleet, SECRET } from "../plan/testing/example_fleet.ts";

Deno.test("plan knows the kinds that plugins bring, and hides what is secret in them", async () => {
  const plugin = "thermometers";
  const version = "1.0.0";
  const key = await createHubKey();
  const digest = `sha256:${"0".repeat(64)}`;
  const claim = { plugin, version, digest };
  const catalogue = {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Plugin",
    metadata: { name: plugin },
    spec: {
      versions: [{
        version,
        artifacts: [{
          url: "https://example.com/a.js",
          digest,
          signature: await key.sign(claim, ClaimType.artifact),
        }],
        configSchema: {
          type: "object",
          properties: { token: { type: "string", writeOnly: true } },
        },
        provides: [{ kind: "Thermometer", group: "sensors.example.com" }],
        kinds: [{
          group: "sensors.example.com",
          scope: "Namespaced",
          names: { kind: "Thermometer", plural: "thermometers" },
          versions: [{
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                properties: {
                  spec: {
                    type: "object",
                    properties: {
                      celsius: { type: "integer", maximum: 100 },
                      token: { type: "string" },
                    },
                  },
                },
              },
            },
          }],
        }],
      }],
    },
  };
  const workspace = (plugins: unknown[]) =>
    JSON.stringify({
      apiVersion: "tenancy.faros.sh/v1alpha1",
      kind: "Workspace",
      metadata: { name: "ovens" },
      spec: { plugins, trust: [{ name: "example", key: key.public }] },
    });
  const oven = (spec: Record<string, unknown>) =>
    JSON.stringify({
      apiVersion: "sensors.example.com/v1",
      kind: "Thermometer",
      metadata: { name: "oven" },
      spec,
    });
  await using fleet = await ExampleFleet.create();
  await fleet.write({
    "root/thermometers.yaml": JSON.stringify(catalogue),
    "workspaces/ovens/workspace.yaml": workspace([{ name: plugin }]),
    "workspaces/ovens/oven.yaml": oven({ celsius: 80, token: "s3cret-1" }),
    "workspaces/ovens/press.yaml": JSON.stringify({
      apiVersion: "edge.faros.sh/v1alpha1",
      kind: "Agent",
      metadata: { name: "press-1" },
      spec: { plugins: [{ name: "oven", kind: "Thermometer" }] },
    }),
  });
  const added = await fleet.json();
  assert.deepEqual(added.problems, []);
  assert.deepEqual(
    added.devices.map(({ agents, plugins }) => [
      agents,
      plugins.map(({ object }) => object),
    ]),
    [[["press-1"], ["Thermometer/oven"]]],
  );
  await fleet.commit("Ovens");

  const file = "workspaces/ovens/oven.yaml";
  await fleet.write({ [file]: oven({ celsius: 90, token: "s3cret-2" }) });
  const changed = await fleet.json();
  assert.deepEqual(changed.problems, []);
  const fields = changed.objects.map(({ kind, fields }) => [
    kind,
    fields.map(({ field, before, after }) => [field, before, after]),
  ]);
  assert.deepEqual(fields[0]![1]![0], ["spec.celsius", "80", "90"]);
  assert.equal(changed.devices[0]!.plugins[0]!.config[0]!.after, "90");
  assert.doesNotMatch(JSON.stringify([added, changed]), SECRET);

  await fleet.write({ [file]: oven({ celsius: 101 }) });
  const wrong = await fleet.json();
  assert.match(wrong.problems[0]!.message, /100/);
  await fleet.write({
    [file]: oven({ celsius: 80 }),
    "workspaces/factory-a/oven.yaml": oven({ celsius: 1 }),
  });
  const elsewhere = await fleet.json();
  assert.match(
    elsewhere.problems[0]!.message,
    /Plugin thermometers brings Thermometer, and workspaces\/factory-a\/workspace\.yaml does not enable it/,
  );
});
