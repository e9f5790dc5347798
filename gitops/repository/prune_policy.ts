import type { Repository } from "../../api/repository.ts";
import type { PrunePolicy } from "../apply/prune_set.ts";
import { DEFAULT_PRUNE_GUARD } from "../plan/prune_guard.ts";
import { commitTrailers } from "../source/commit_trailers.ts";
import type { Fetched } from "../source/source.ts";
import { approvals, APPROVE_TRAILER } from "./approvals.ts";
import { parseDuration } from "./duration.ts";

/**
 * What becomes of what left a Repository; nothing of it goes where its spec
 * says so.
 *
 * @param fetched Whose message may approve.
 */
export function prunePolicy(
  repository: Pick<Repository, "metadata" | "spec">,
  options: { fetched: Fetched | undefined; signal?: AbortSignal },
): PrunePolicy | undefined {
  const { spec } = repository;
  const { fetched, signal } = options;
  if (!(spec.prune ?? true)) return undefined;
  return {
    guard: { ...DEFAULT_PRUNE_GUARD, ...spec.pruneGuard },
    tombstone: parseDuration(spec.tombstone ?? "24h"),
    isApproved: approvals(
      repository,
      () =>
        fetched
          ? commitTrailers(fetched.tree.commit, {
            gitDir: fetched.mirror.dir,
            key: APPROVE_TRAILER,
            signal,
          })
          : Promise.resolve([]),
    ),
  };
}
