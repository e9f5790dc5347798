import type { AgentPlugin } from "../../api/plugin_entry.ts";
import type { Workspace } from "../../api/workspace.ts";
import { isClose } from "./config_schema.ts";
import type { PluginObject } from "./plugin_object.ts";
import { Problem } from "./problem.ts";

/**
 * The plugin object that an entry names.
 *
 * @throws Problem AmbiguousPlugin or PluginObjectNotFound
 */
export function objectOf(
  entry: AgentPlugin,
  { objects, workspace }: { objects: PluginObject[]; workspace: Workspace },
): PluginObject {
  const named = byName(objects).get(entry.name) ?? [];
  const found = named.filter((o) => !entry.kind || o.kind === entry.kind);
  if (found.length > 1) {
    throw new Problem(
      "AmbiguousPlugin",
      `spec.plugins names ${entry.name}, and there are ${
        found.map((o) => `${o.kind}/${o.metadata.name}`).join(" and ")
      }; add \`kind: ${found[0]!.kind}\` to the entry`,
    );
  }
  if (found[0]) return found[0];
  const wanted = entry.kind ? `${entry.kind}/${entry.name}` : entry.name;
  const close = [
    ...named,
    ...objects.filter((o) => isClose(o.metadata.name, entry.name)),
  ][0];
  throw new Problem(
    "PluginObjectNotFound",
    `spec.plugins names ${wanted}, which is not in Workspace ${workspace.metadata.name}${
      close ? `; did you mean ${close.kind}/${close.metadata.name}?` : ""
    }`,
  );
}

const indexes = new WeakMap<PluginObject[], Map<string, PluginObject[]>>();

/** Made once for the objects of a workspace: there may be many of them, and of entries that name one. */
function byName(objects: PluginObject[]): Map<string, PluginObject[]> {
  let index = indexes.get(objects);
  if (!index) {
    index = Map.groupBy(objects, ({ metadata }) => metadata.name);
    indexes.set(objects, index);
  }
  return index;
}
