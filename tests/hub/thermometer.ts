/**
 * A plugin that brings a kind of its own, Thermometer.
 *
 * @module
 */
import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Plugin, type PluginVersion } from "../../api/plugin.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { PluginKind } from "../../api/plugin_kind.ts";
import type { KubeClient } from "../../kube/client.ts";

/** Its group. */
export const GROUP = "sensors.example.com";

/** Its resource. */
export const Thermometer: Resource = {
  group: GROUP,
  version: "v1",
  plural: "thermometers",
  kind: "Thermometer",
  namespaced: true,
};

/** A Thermometer. */
export interface ThermometerObject extends KubeObject {
  spec: Record<string, unknown>;
  status?: {
    conditions?: { type: string; status: string; reason: string }[];
  };
}

/** The kind, with these properties in its spec. */
export function thermometerKind(
  properties: Record<string, unknown> = {
    celsius: { type: "integer", maximum: 100 },
  },
  { group = GROUP, kind = Thermometer.kind }: {
    group?: string;
    kind?: string;
  } = {},
): PluginKind {
  return {
    group,
    scope: "Namespaced",
    names: { kind, plural: `${kind.toLowerCase()}s` },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties } },
        },
      },
      additionalPrinterColumns: [
        { name: "Limit", type: "integer", jsonPath: ".spec.celsius" },
      ],
    }],
  };
}

/** A version of the plugin. */
export function thermometerPlugin(
  { name = "thermometers", version = "1.0.0", kind = thermometerKind() }: {
    name?: string;
    version?: string;
    kind?: PluginKind;
  } = {},
): PluginBundle {
  return {
    name,
    description: "A plugin of a test",
    version,
    form: "script",
    runs: "device",
    kinds: [kind],
    provides: [{ kind: kind.names.kind, group: kind.group }],
    code: new TextEncoder().encode(`export default "${name} ${version}";\n`),
  };
}

/** A version of a catalogue entry that brings kinds, of which no device runs anything. */
export function pluginVersion(
  name: string,
  ...kinds: PluginKind[]
): PluginVersion {
  return {
    version: name,
    form: "script",
    runs: "device",
    artifacts: [{
      url: "https://plugins.example.com/x.js",
      digest: `sha256:${"0".repeat(64)}`,
      signature: "",
    }],
    kinds,
    provides: kinds.map(({ names, group }) => ({ kind: names.kind, group })),
  };
}

/** Puts a plugin of somebody else's into the catalogue. */
export async function applyPlugin(
  client: KubeClient,
  name: string,
  versions: PluginVersion[],
): Promise<void> {
  await client.apply<Plugin>(Plugin, {
    apiVersion: Plugin.apiVersion,
    kind: Plugin.kind,
    metadata: { name },
    spec: { versions },
  }, { fieldManager: "test", force: true });
}

/** A Thermometer as it is written. */
export function thermometer(
  name: string,
  { namespace, ...spec }: Record<string, unknown> & { namespace: string },
): ThermometerObject {
  return {
    apiVersion: `${GROUP}/${Thermometer.version}`,
    kind: Thermometer.kind,
    metadata: { name, namespace },
    spec,
  };
}
