import assert from "node:assert/strict";
import type { Plugin } from "../../api/plugin.ts";
import type { PluginKind } from "../../api/plugin_kind.ts";
import type { Workspace } from "../../api/workspace.ts";
import { versionFor, wantedKinds } from "./declared_kinds.ts";

const kind = (name: string, description: string): PluginKind => ({
  group: "sensors.example.com",
  scope: "Namespaced",
  names: { kind: name, plural: `${name.toLowerCase()}s` },
  versions: [{
    name: "v1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: "object", description } },
  }],
});

const plugin = {
  metadata: { name: "sensors" },
  spec: {
    versions: [
      { version: "1.10.0", kinds: [kind("Thermometer", "1.10")] },
      {
        version: "1.9.0",
        kinds: [kind("Thermometer", "1.9"), kind("Barometer", "1.9")],
      },
      { version: "2.0.0-rc.1", kinds: [kind("Thermometer", "2.0")] },
    ],
  },
} as unknown as Plugin;

const workspace = (entry: Record<string, unknown>) =>
  ({
    metadata: { name: "a" },
    spec: { plugins: [{ name: "sensors", ...entry }] },
  }) as unknown as Workspace;

const newest = workspace({});
const old = workspace({ version: "1.9.0" });
const disabled = workspace({ version: "2.0.0-rc.1", enabled: false });

function wanted(...workspaces: Workspace[]) {
  return Object.fromEntries(
    wantedKinds(plugin, workspaces).map(({ metadata, spec }) => {
      const { versions } = spec as {
        versions: { schema: { openAPIV3Schema: { description: string } } }[];
      };
      return [
        metadata.name.split(".")[0],
        versions[0]!.schema.openAPIV3Schema.description,
      ];
    }),
  );
}

Deno.test("a Workspace gets the kinds of the version that it names, else of the newest release", () => {
  assert.equal(versionFor(plugin, newest)?.version, "1.10.0");
  assert.equal(versionFor(plugin, old)?.version, "1.9.0");
  assert.equal(
    versionFor(plugin, workspace({ version: "3.0.0" }))?.version,
    undefined,
  );
  assert.equal(versionFor(plugin, disabled), undefined);
});

Deno.test("a kind is installed as the newest version has it that is used and brings it", () => {
  assert.deepEqual(wanted(), {});
  assert.deepEqual(wanted(newest), { thermometers: "1.10" });
  assert.deepEqual(wanted(old), { thermometers: "1.9", barometers: "1.9" });
  assert.deepEqual(wanted(newest, old, disabled), {
    thermometers: "1.10",
    barometers: "1.9",
  });
});
