import { Agent } from "../../api/agent.ts";
import { Repository } from "../../api/repository.ts";
import { getCondition, isTrue } from "../../kube/mod.ts";
import type { Environment } from "../gitops/environment.ts";
import type { GitRepository } from "../gitops/git_repository.ts";

/** How long to wait for anything, in milliseconds. */
export const TIMEOUT = 60_000;

/** A Repository with one workspace, both of that name. */
export interface Site {
  name: string;
  git: GitRepository;
  push: GitRepository["push"];
  /** The path of a file in the workspace. */
  file(name: string): string;
  applied(commit: string): Promise<NonNullable<Repository["status"]>>;
  /** Waits until removals of a commit wait for approval. */
  held(commit: string): Promise<NonNullable<Repository["status"]>>;
  /** Waits until the condition Ready has that reason. */
  refused(reason: string): Promise<NonNullable<Repository["status"]>>;
  status(
    isSo: (status: NonNullable<Repository["status"]>) => unknown,
  ): Promise<NonNullable<Repository["status"]>>;
  follow(spec: Partial<Repository["spec"]>): Promise<void>;
  annotate(annotations: Record<string, string>): Promise<void>;
  agents(): Promise<Agent[]>;
}

/** Makes a {@linkcode Site}, which has nothing yet. */
export function makeSite(
  env: Environment,
  { name, git }: { name: string; git: GitRepository },
): Site {
  const status: Site["status"] = (isSo) =>
    env.status(isSo, { name, timeout: TIMEOUT });
  const refused: Site["refused"] = (reason) =>
    status((s) => getCondition(s.conditions, "Ready")?.reason === reason);
  return {
    name,
    git,
    push: git.push,
    file: (path) => `workspaces/${name}/${path}`,
    status,
    refused,
    applied: (commit) =>
      status((s) =>
        s.appliedCommit === commit && isTrue(s.conditions, "Ready")
      ),
    held: (commit) =>
      status((s) =>
        s.observedCommit === commit && isTrue(s.conditions, "Stalled") &&
        getCondition(s.conditions, "Ready")?.reason === "PruneNeedsApproval"
      ),
    follow: (spec) => env.follow({ url: git.path, ...spec }, { name }),
    async annotate(annotations) {
      await env.client.patch(Repository, name, { metadata: { annotations } }, {
        fieldManager: "kubectl-annotate",
      });
    },
    async agents() {
      const { items } = await env.client.list<Agent>(Agent, {
        namespace: name,
      });
      return items;
    },
  };
}
