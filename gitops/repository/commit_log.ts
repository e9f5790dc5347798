import { ConfigMap } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { GITOPS_MANAGER, SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import type { CommitInfo } from "../source/commit_info.ts";

/** A commit that changed something, as the log keeps it. */
export interface LoggedCommit extends CommitInfo {
  /** When it was applied, RFC 3339. */
  applied: string;
}

/** Commits that are kept: a quarter of a MiB at most, which is less than an object may have. */
const KEPT = 500;

type Log = KubeObject & { data?: Record<string, string> };

/** Name of the ConfigMap, in the system namespace, that is the log of a Repository. */
export function commitLogName(repository: string): string {
  return `faros-commits-${repository}`;
}

/**
 * Adds a commit to the log of those that changed something: who wrote it, when
 * and why. Objects only carry the commit's hash, and the mirror has no history.
 */
export async function logCommit(
  commit: string,
  options: {
    info: CommitInfo;
    /** Milliseconds since 1970. */
    at: number;
    repository: Repository;
    client: KubeClient;
    signal?: AbortSignal;
  },
): Promise<void> {
  const { client, repository, info, signal } = options;
  const { name, uid } = repository.metadata;
  const scope = { namespace: SYSTEM_NAMESPACE, signal };
  const live = await client.tryGet<Log>(ConfigMap, commitLogName(name), scope);
  const entry: LoggedCommit = {
    ...info,
    applied: new Date(options.at).toISOString(),
  };
  const entries = Object.entries(readCommitLog(live));
  entries.push([commit, entry]);
  entries.sort(([, a], [, b]) => a.applied < b.applied ? 1 : -1);
  const data = Object.fromEntries(
    entries.slice(0, KEPT).map(([hash, of]) => [hash, JSON.stringify(of)]),
  );
  await client.apply<Log>(ConfigMap, {
    apiVersion: ConfigMap.version,
    kind: ConfigMap.kind,
    metadata: {
      name: commitLogName(name),
      namespace: SYSTEM_NAMESPACE,
      // It goes with the Repository.
      ...(uid
        ? {
          ownerReferences: [{
            apiVersion: repository.apiVersion,
            kind: repository.kind,
            name,
            uid,
          }],
        }
        : {}),
    },
    data,
  }, { ...scope, fieldManager: GITOPS_MANAGER, force: true });
}

/** The commits of a log, by hash; what is not of it is left out. */
export function readCommitLog(
  log: Log | undefined,
): Record<string, LoggedCommit> {
  return Object.fromEntries(
    Object.entries(log?.data ?? {}).flatMap(([hash, text]) => {
      try {
        return [[hash, JSON.parse(text) as LoggedCommit]];
      } catch {
        return [];
      }
    }),
  );
}
