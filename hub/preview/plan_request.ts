import type { Repository } from "../../api/repository.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";

/** What is asked of the worker that previews a pull request: plain data. */
export interface PlanRequest {
  base: SourceTree;
  head: SourceTree;
  /** What of the Repository decides what its files mean. */
  repository: Pick<Repository, "metadata" | "spec">;
  catalogue: PluginBundle[];
}
