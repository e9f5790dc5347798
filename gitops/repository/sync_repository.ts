import { ConfigMap } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Workspace } from "../../api/workspace.ts";
import {
  type Clock,
  getCondition,
  type Informer,
  isTrue,
  KubeApiError,
  type KubeClient,
  LinkedSignal,
  type WorkspaceAccess,
  type WorkspaceProvider,
} from "../../kube/mod.ts";
import { reasonOf } from "../apply/api_problem.ts";
import { forEachLimited } from "../apply/for_each_limited.ts";
import type { Limiter } from "../apply/limiter.ts";
import type { Watched } from "../apply/plan_by_watch.ts";
import type { PrunePolicy } from "../apply/prune_set.ts";
import { workspaceContent } from "../apply/workspace_content.ts";
import { syncSet, type SyncSetOptions } from "../apply/sync_set.ts";
import { partOf, workspaceFile } from "../manifest/layout.ts";
import type {
  Manifests,
  ManifestSet,
  WorkspaceManifests,
} from "../manifest/load_tree.ts";
import { checkReferences } from "../manifest/check_references.ts";
import { objectKey } from "../manifest/manifest.ts";
import type { Problem } from "../manifest/problem.ts";
import { redactProblems } from "../manifest/redact_problems.ts";
import { type ApplySet, applySet } from "../plan/apply_set.ts";
import { driftPolicy } from "../plan/drift_policy.ts";
import type { Repository } from "../../api/repository.ts";
import type { SetObserver } from "../stage_observer.ts";
import type { AppliedSet, AppliedSets } from "./applied_sets.ts";
import { liveObjects } from "./live_objects.ts";
import { PluginKindDiscovery } from "./plugin_kind_discovery.ts";
import {
  invalidReason,
  noCounts,
  type PartOutcome,
  type SyncOutcome,
} from "./sync_outcome.ts";

/** How long a Workspace may take to become Ready, in milliseconds. */
const READY_TIMEOUT = 30_000;
/** How long a new sync identity may take to be known to the authorizer. */
const ALLOWED_TIMEOUT = 10_000;
/** Workspaces that are synced at a time. */
const WORKSPACES = 6;

/** A sync ended early, since a newer commit is there. */
export class Superseded extends Error {
  override name = "Superseded";
}

/** Options of {@linkcode syncRepository}. */
export interface SyncRepositoryOptions {
  repository: string;
  /** What becomes of what left the repository; it stays where this says nothing. */
  prune?: Omit<PrunePolicy, "whole" | "contentOf">;
  /** What becomes of changes behind the repository's back. */
  drift: Pick<Repository["spec"], "drift" | "driftRules">;
  /** Whether the Repository is being deleted, and all that it applied with it. */
  finalize?: boolean;
  /** Names of the other Repositories. */
  others: string[];
  /** Sync also what has not changed since it was applied. */
  force?: boolean;
  client: KubeClient;
  provider: WorkspaceProvider;
  workspaces: Informer<Workspace>;
  sets: AppliedSets;
  /** What a watch shows of what was applied. */
  watched: Watched;
  /** Lets so many objects be written at a time. */
  writes: Limiter;
  /** Gets word of what a set is about to write. @default nobody does */
  bulk?: SyncSetOptions["bulk"];
  clock: Clock;
  /** Gets word of the stages of each set. @default nobody does */
  observe?: SetObserver;
  signal: AbortSignal;
  /** Ends waiting, not working: a newer commit is there. */
  superseded: AbortSignal;
}

/**
 * Makes what is live as a commit has it: Workspaces and the hub's own objects
 * first, then each workspace by itself, so that a fault in one stops no other.
 *
 * @throws {Superseded}
 */
export async function syncRepository(
  manifests: Manifests,
  options: SyncRepositoryOptions,
): Promise<SyncOutcome> {
  const sync = new RepositorySync(manifests, options);
  const parts = await sync.run();
  return { commit: manifests.commit, at: options.clock.now(), parts };
}

class RepositorySync {
  readonly #manifests: Manifests;
  readonly #options: SyncRepositoryOptions;
  readonly #hub: WorkspaceAccess;

  constructor(manifests: Manifests, options: SyncRepositoryOptions) {
    this.#manifests = manifests;
    this.#options = options;
    this.#hub = { client: options.client, namespace: SYSTEM_NAMESPACE };
  }

  async run(): Promise<PartOutcome[]> {
    const { workspaces } = this.#manifests;
    this.#dropRemoved();
    const [declared, root] = await Promise.all([
      this.#syncWorkspaceObjects(),
      this.#syncRoot(),
    ]);
    const parts: PartOutcome[] = [];
    await forEachLimited([...workspaces.values()], WORKSPACES, async (set) => {
      const own = declared.problems.filter((p) => {
        const part = partOf(p.file);
        return part?.scope === "workspace" && part.workspace === set.name;
      });
      parts.push(
        own.length > 0
          ? {
            ...this.#kept(set),
            ...failed(declared.reason ?? "ApplyFailed"),
            problems: own,
          }
          : await this.#syncWorkspace(set),
      );
    });
    parts.sort((a, b) => a.workspace! < b.workspace! ? -1 : 1);
    const unassigned = declared.problems.filter((p) => !partOf(p.file));
    return [{ ...declared, problems: unassigned }, root, ...parts];
  }

  /** What becomes of what left the repository. */
  #prunePolicy(): PrunePolicy | undefined {
    const { prune, finalize } = this.#options;
    if (!prune) return undefined;
    const { root, workspaces, problems } = this.#manifests;
    if (finalize) {
      return { ...prune, whole: "the Repository is being deleted" };
    }
    const isEmpty = !root.manifests.length && !root.problems.length &&
      !workspaces.size && !problems.length;
    // More likely a wrong path than meant so.
    return isEmpty
      ? {
        ...prune,
        whole:
          "there is no manifest in this commit, under workspaces/ or root/ (check spec.path)",
      }
      : prune;
  }

  /** What is in a Workspace that its removal would take along. */
  async #contentOf(name: string) {
    const { provider, signal } = this.#options;
    const workspace = this.#options.workspaces.get(undefined, name);
    if (!isTrue(workspace?.status?.conditions, "Ready")) {
      // Nothing was ever applied to it, or its identity for that is gone.
      return await workspaceContent(provider.open(name), { signal });
    }
    const access = provider.openAsSync(name);
    const set = await this.#set("workspace", access.namespace);
    return await workspaceContent(access, { set, signal });
  }

  /** What left the repository is put back no longer. */
  #dropRemoved(): void {
    const { sets, repository } = this.#options;
    for (const set of sets.list(repository)) {
      if (!set.workspace) continue;
      if (!this.#manifests.workspaces.has(set.workspace)) sets.drop(set);
    }
  }

  async #syncWorkspaceObjects(): Promise<PartOutcome> {
    const { workspaces, problems } = this.#manifests;
    const good = [...workspaces.values()].filter((w) => !w.problems.length);
    const bad = [...workspaces.values()].filter((w) => w.problems.length);
    const set: ManifestSet = {
      manifests: good.flatMap((w) => w.workspace ? [w.workspace] : []),
      problems: [],
      fingerprint: JSON.stringify(good.map((w) => w.workspace?.object)),
    };
    const prune = this.#prunePolicy();
    const outcome = await this.#syncPart(set, {
      set: await this.#set("workspaces"),
      access: this.#hub,
      scope: "root",
      // Who is there with a fault is there.
      keep: new Set(bad.map((w) => workspaceKey(w.name))),
      prune: prune && problems.length === 0
        ? { ...prune, contentOf: (name) => this.#contentOf(name) }
        : undefined,
    });
    return {
      ...outcome,
      ...(problems.length ? { reason: "ManifestInvalid" } : {}),
      problems: [...problems, ...outcome.problems],
    };
  }

  async #syncRoot(): Promise<PartOutcome> {
    const { root } = this.#manifests;
    return await this.#syncPart(root, {
      set: await this.#set("root"),
      access: this.#hub,
      scope: "root",
      prune: this.#prunePolicy(),
      // A Repository that lists itself does not delete itself.
      keep: new Set([
        objectKey({
          apiVersion: "gitops.faros.sh/v1alpha1",
          kind: "Repository",
          metadata: { name: this.#options.repository },
        }),
      ]),
    });
  }

  async #syncWorkspace(set: WorkspaceManifests): Promise<PartOutcome> {
    const { name } = set;
    const part = { workspace: name };
    if (set.problems.length) {
      return {
        ...this.#kept(set),
        problems: set.problems,
        reason: invalidReason(set.problems),
        retry: mayPass(set.problems),
      };
    }
    const ready = await this.#untilReady(name);
    if (typeof ready === "string") {
      return {
        ...this.#kept(set),
        ...failed("WorkspaceNotReady"),
        problems: [{ file: workspaceFile(name), line: 1, message: ready }],
      };
    }
    const access = this.#options.provider.openAsSync(name);
    const outcome = await this.#syncPart(set, {
      set: await this.#set("workspace", access.namespace),
      access,
      scope: "workspace",
      prune: this.#prunePolicy(),
      workspace: name,
      workspaceUid: ready.metadata.uid,
      kinds: new PluginKindDiscovery({
        ...this.#options,
        workspace: name,
        access,
        wait: (ms) => this.#wait(ms),
      }),
    });
    return { ...outcome, ...part };
  }

  /** Syncs an apply set, unless it is known to be as it ought to be. */
  async #syncPart(
    manifests: ManifestSet,
    of: {
      set: ApplySet;
      access: WorkspaceAccess;
      scope: "root" | "workspace";
      keep?: ReadonlySet<string>;
      prune: PrunePolicy | undefined;
      workspace?: string;
      workspaceUid?: string;
      kinds?: PluginKindDiscovery;
    },
  ): Promise<PartOutcome> {
    const { sets, force, clock, signal } = this.#options;
    const { set, access, workspace, workspaceUid } = of;
    const { commit } = this.#manifests;
    const entry = sets.ensure(set, { access, workspace });
    const drift = driftPolicy(this.#options.drift, workspace);
    return await entry.mutex.run(async () => {
      const sameWorkspace = entry.workspaceUid === workspaceUid;
      const isDue = entry.due !== undefined && clock.now() >= entry.due;
      if (
        !force && sameWorkspace && !isDue &&
        entry.fingerprint === manifests.fingerprint &&
        // What was missing may have come.
        !entry.warnings?.length
      ) {
        entry.commit = commit;
        const total = entry.objects.size;
        const { waiting, due, warnings } = entry;
        const same = {
          unchanged: total,
          total,
          commit,
          waiting,
          due,
          warnings,
        };
        return { ...noCounts, ...same, problems: [] };
      }
      // All of it was applied, and nothing waits: what has changed since is
      // in the manifests, or a watch shows it.
      const isKnown = !force && sameWorkspace && !isDue && !entry.waiting &&
        entry.fingerprint !== undefined &&
        [drift, entry.drift].every((d) =>
          d?.mode === "correct" && d.rules.length === 0
        );
      entry.fingerprint = undefined;
      entry.drift = drift;
      const isNew = !sameWorkspace || entry.commit === undefined;
      try {
        if (workspace && isNew) await this.#untilAllowed(entry);
        const references = await checkReferences(manifests.manifests, {
          root: this.#manifests.root.manifests,
          live: liveObjects(set, {
            access,
            hub: this.#hub.client,
            prune: of.prune !== undefined,
            kinds: of.kinds,
            signal,
          }),
        });
        entry.warnings = references.warnings;
        const result = await syncSet({
          ...manifests,
          problems: [...manifests.problems, ...references.problems],
        }, {
          set,
          access,
          scope: of.scope,
          commit,
          workspace,
          prune: of.prune,
          drift,
          keep: of.keep,
          others: await this.#others(set, of.scope),
          known: sameWorkspace ? entry.objects : undefined,
          watched: isKnown ? this.#options.watched : undefined,
          kinds: of.kinds,
          clock,
          observe: this.#options.observe,
          writing: {
            begin: (key) => entry.writes.begin(key),
            end: (key, applied) => {
              if (applied) entry.objects.set(key, applied);
              else entry.objects.delete(key);
              entry.writes.end(key, applied?.resourceVersion);
            },
          },
          writes: this.#options.writes,
          bulk: this.#options.bulk,
          signal,
        });
        const { invalid, conflict, objects, drifted, ...rest } = result;
        const problems = redactProblems(result.problems, manifests.manifests);
        if (!invalid) {
          entry.objects = objects;
          entry.drifted = drifted;
          entry.waiting = rest.waiting;
          entry.due = rest.due;
        }
        // What waits for approval is looked at each time.
        if (problems.length === 0 && rest.held.length === 0) {
          entry.fingerprint = manifests.fingerprint;
          entry.commit = commit;
        }
        if (problems.length === 0) entry.workspaceUid = workspaceUid;
        return {
          ...rest,
          total: entry.objects.size,
          commit: entry.commit,
          problems,
          warnings: entry.warnings,
          ...(problems.length
            // A kind that is not there may come with what another commit,
            // or another Repository, installs.
            ? {
              ...failed(
                invalid
                  ? invalidReason(problems)
                  : conflict
                  ? "OwnershipConflict"
                  : "ApplyFailed",
              ),
              retry: manifests.problems.length === 0 ||
                mayPass(manifests.problems),
            }
            : {}),
        };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Superseded) throw error;
        return {
          ...noCounts,
          total: entry.objects.size,
          commit: entry.commit,
          ...failed("ApplyFailed"),
          problems: [{
            file: workspace ? `workspaces/${workspace}` : "root",
            message: `Cannot sync it: ${reasonOf(error)}`,
          }],
        };
      }
    });
  }

  /** What a workspace has that is not synced this time. */
  #kept(set: WorkspaceManifests) {
    const { sets, repository } = this.#options;
    const entry = sets.list(repository).find((s) => s.workspace === set.name);
    return {
      ...noCounts,
      workspace: set.name,
      total: entry?.objects.size ?? 0,
      commit: entry?.commit,
    };
  }

  /** Waits until a Workspace is Ready. @returns It, or why it is not */
  async #untilReady(name: string): Promise<KubeObject | string> {
    const { workspaces } = this.#options;
    const isReady = (w: Workspace | undefined) =>
      w && !w.metadata.deletionTimestamp &&
      isTrue(w.status?.conditions, "Ready");
    const now = workspaces.get(undefined, name);
    if (isReady(now)) return now!;
    const changed = Promise.withResolvers<void>();
    const off = workspaces.on(({ object }) => {
      if (object.metadata.name === name && isReady(object)) changed.resolve();
    });
    try {
      await this.#wait(READY_TIMEOUT, changed.promise);
    } finally {
      off();
    }
    const then = workspaces.get(undefined, name);
    if (isReady(then)) return then!;
    const condition = getCondition(then?.status?.conditions, "Ready");
    return `Workspace ${name} is not Ready after ${READY_TIMEOUT / 1000} s: ${
      condition
        ? `${condition.reason}: ${condition.message}`
        : "no word of the hub"
    }`;
  }

  /** Waits until what the sync identity may do is known to the authorizer. */
  async #untilAllowed({ set, access }: AppliedSet): Promise<void> {
    const { clock, signal } = this.#options;
    const deadline = clock.now() + ALLOWED_TIMEOUT;
    while (true) {
      try {
        await access.client.tryGet(ConfigMap, set.parent, {
          namespace: set.namespace,
          signal,
        });
        return;
      } catch (error) {
        const denied = error instanceof KubeApiError && error.code === 403;
        if (!denied || clock.now() > deadline) throw error;
      }
      await this.#wait(100);
    }
  }

  /** Waits for so long, or until `until`. @throws {Superseded} */
  async #wait(ms: number, until?: Promise<void>): Promise<void> {
    const { clock, signal, superseded } = this.#options;
    using link = new LinkedSignal(signal, superseded);
    const timer = clock.sleep(ms, link.signal);
    timer.catch(() => {});
    try {
      await (until ? Promise.race([timer, until]) : timer);
    } catch (error) {
      signal.throwIfAborted();
      if (superseded.aborted) {
        throw new Superseded("A newer commit is there");
      }
      throw error;
    } finally {
      link.abort();
    }
  }

  #set(of: ApplySetKind, namespace = SYSTEM_NAMESPACE): Promise<ApplySet> {
    const { repository } = this.#options;
    return applySet({ repository, namespace, of });
  }

  async #others(
    { namespace }: ApplySet,
    scope: SyncSetOptions["scope"],
  ): Promise<Map<string, string>> {
    const kinds: ApplySetKind[] = scope === "root"
      ? ["root", "workspaces"]
      : ["workspace"];
    const sets = await Promise.all(
      this.#options.others.flatMap((repository) =>
        kinds.map((of) => applySet({ repository, namespace, of }))
      ),
    );
    return new Map(
      sets.map((set) => [set.id, `Repository ${set.repository}`]),
    );
  }
}

type ApplySetKind = "root" | "workspaces" | "workspace";

function failed(reason: NonNullable<PartOutcome["reason"]>) {
  return { reason, retry: true };
}

/** Whether trying again may help, though nothing in the manifests changes. */
function mayPass(problems: Problem[]): boolean {
  return problems.some((problem) => problem.retry);
}

function workspaceKey(name: string): string {
  return objectKey({
    apiVersion: "tenancy.faros.sh/v1alpha1",
    kind: "Workspace",
    metadata: { name },
  });
}
