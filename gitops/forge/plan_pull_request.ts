import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import { fetchRepository } from "../repository/fetch_repository.ts";
import type { Mirror } from "../source/mirror.ts";
import type { SourceTree } from "../source/read_tree.ts";
import { SourceError } from "../source/source_error.ts";

/** What is told of a pull request. */
export interface PullRequestPlan {
  /** The comment. */
  markdown: string;
  /** Of the check: whether there are no errors. */
  ok: boolean;
  /** Of the check, in a line. */
  summary: string;
  /** Whether there is nothing to tell: then no comment is made, though one that is there is kept up to date. */
  empty?: boolean;
}

/** Plans a pull request. @throws what it says is told on the pull request */
export type PlanPullRequest = (
  of: { repository: Repository; base: SourceTree; head: SourceTree },
  signal: AbortSignal,
) => Promise<PullRequestPlan>;

/** Both sides of a pull request. */
export interface Sides {
  base: SourceTree;
  head: SourceTree;
  /** Where they were fetched to. */
  mirror: Mirror;
}

/**
 * Fetches both sides of a pull request, into a mirror of their own.
 *
 * @returns nothing where its head is gone
 * @throws {SourceError}
 */
export async function fetchPullRequest(
  repository: Repository,
  options: {
    client: KubeClient;
    stateDir: string;
    /** Full name of the ref that has its head. */
    ref: string;
    /** Commit that it is compared with. */
    base: string;
    signal: AbortSignal;
  },
): Promise<Sides | undefined> {
  const { ref, base, ...rest } = options;
  const fetch = async (ref: Repository["spec"]["ref"]) => {
    const { verify: _, ...spec } = repository.spec;
    return await fetchRepository({
      ...repository,
      // No Repository has such a name.
      metadata: { ...repository.metadata, name: pullsOf(repository) },
      spec: { ...spec, ref },
    }, rest);
  };
  try {
    const before = await fetch({ commit: base });
    const after = await fetch({ name: ref });
    return { base: before.tree, head: after.tree, mirror: after.mirror };
  } catch (error) {
    if (error instanceof SourceError && error.reason === "RefNotFound") {
      return undefined;
    }
    throw error;
  }
}

function pullsOf({ metadata: { name } }: Repository): string {
  return `${name}+pulls`;
}
