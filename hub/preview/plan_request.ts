import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { PruneGuard } from "../../gitops/plan/prune_guard.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";

/** What is asked of the worker that previews a pull request: plain data. */
export interface PlanRequest {
  base: SourceTree;
  head: SourceTree;
  /** Name of the Repository. */
  repository: string;
  /** Folder of the repository that the fleet is in. */
  folder?: string;
  pruneGuard?: PruneGuard;
  catalogue: PluginBundle[];
}
