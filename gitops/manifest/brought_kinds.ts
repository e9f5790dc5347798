/**
 * Kinds that plugins of the catalogue bring.
 *
 * @module
 */
import type { Resource } from "../../api/kind.ts";
import type { Plugin } from "../../api/plugin.ts";

/** The Plugin of a catalogue that brings a kind, in any version. */
export function bringerOf(
  plugins: readonly Plugin[],
  { group, kind }: Pick<Resource, "group" | "kind">,
): Plugin | undefined {
  return plugins.find(({ spec }) =>
    spec.versions.some(({ kinds = [] }) =>
      kinds.some((k) => k.group === group && k.names.kind === kind)
    )
  );
}

/** What to say of an object whose kind a Plugin brings that its workspace does not enable. */
export function notEnabled(
  plugin: Plugin,
  { kind, file }: {
    kind: string;
    /** Of the Workspace. */
    file: string;
  },
): string {
  return `Plugin ${plugin.metadata.name} brings ${kind}, and ${file} does not enable it; add it to spec.plugins`;
}
