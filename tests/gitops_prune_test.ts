/**
 * What a sync deletes, and what it does not: guard, approval, tombstones; whose
 * objects it leaves alone; drift. On one API server of each engine.
 *
 * @module
 */
import { Repository } from "../api/repository.ts";
import { startEnvironment } from "./gitops/environment.ts";
import { makeGitRepository } from "./gitops/git_repository.ts";
import type { Scenario } from "./gitops_prune/scenario.ts";
import { approval } from "./gitops_prune/scenarios/approval.ts";
import { emptyPath } from "./gitops_prune/scenarios/empty_path.ts";
import { faultyWorkspace } from "./gitops_prune/scenarios/faulty_workspace.ts";
import { handOver } from "./gitops_prune/scenarios/hand_over.ts";
import { leftFields } from "./gitops_prune/scenarios/left_fields.ts";
import { otherEngines } from "./gitops_prune/scenarios/other_engines.ts";
import { otherRepository } from "./gitops_prune/scenarios/other_repository.ts";
import { recreation } from "./gitops_prune/scenarios/recreation.ts";
import { reportedDrift } from "./gitops_prune/scenarios/reported_drift.ts";
import { repositoryDeletion } from "./gitops_prune/scenarios/repository_deletion.ts";
import { tombstone } from "./gitops_prune/scenarios/tombstone.ts";
import { workspaceRemoval } from "./gitops_prune/scenarios/workspace_removal.ts";
import { makeSite } from "./gitops_prune/site.ts";

const scenarios: readonly Scenario[] = [
  approval,
  tombstone,
  emptyPath,
  workspaceRemoval,
  faultyWorkspace,
  otherEngines,
  handOver,
  otherRepository,
  recreation,
  reportedDrift,
  leftFields,
  repositoryDeletion,
];

for (const engine of ["embedded", "kubernetes"] as const) {
  Deno.test({
    name: `${engine}: what a sync deletes, and what it leaves alone`,
    ignore: engine === "kubernetes" && !Deno.env.get("KUBEBUILDER_ASSETS"),
    async fn(t) {
      await using env = await startEnvironment({ engine });
      for (const [i, { name, spec = {}, run }] of scenarios.entries()) {
        await t.step(name, async () => {
          await using git = await makeGitRepository();
          const site = makeSite(env, { name: `site-${i}`, git });
          await site.follow(spec);
          await run(site, env);
          await env.client.delete(Repository, site.name, {
            ignoreNotFound: true,
          });
        });
      }
    },
  });
}
