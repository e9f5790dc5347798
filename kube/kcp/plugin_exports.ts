import type { Resource } from "../resource.ts";
import { exportOf } from "./exports.ts";

/** Ending of the names of the APIExports of plugins' kinds. */
const SUFFIX = ".plugins.faros.sh";

/** Name of the APIExport of a Plugin's kinds. */
export function pluginExport(plugin: string): string {
  return `${plugin}${SUFFIX}`;
}

/** Which APIExport has a resource: Faros's own, and those of plugins, which come and go. */
export class ExportsOfResources {
  readonly #plugins = new Map<string, string>();

  /** The APIExport whose virtual workspaces show a resource of all workspaces; none where it is the hub's own alone. */
  of(resource: Pick<Resource, "group" | "plural">): string | undefined {
    return exportOf(resource) ?? this.#plugins.get(key(resource));
  }

  /** Takes note that the APIExport of a Plugin has these resources, and no others. */
  set(plugin: string, resources: readonly Resource[]): void {
    const name = pluginExport(plugin);
    for (const [of, found] of this.#plugins) {
      if (found === name) this.#plugins.delete(of);
    }
    for (const resource of resources) this.#plugins.set(key(resource), name);
  }
}

function key({ group, plural }: Pick<Resource, "group" | "plural">): string {
  return `${plural}.${group}`;
}
