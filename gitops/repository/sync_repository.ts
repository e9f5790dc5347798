import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import { isTrue, type WorkspaceAccess } from "../../kube/mod.ts";
import { forEachLimited } from "../apply/for_each_limited.ts";
import type { PrunePolicy } from "../apply/prune_set.ts";
import { workspaceContent } from "../apply/workspace_content.ts";
import { partOf, workspaceFile } from "../manifest/layout.ts";
import type {
  Manifests,
  ManifestSet,
  WorkspaceManifests,
} from "../manifest/load_tree.ts";
import { objectKey } from "../manifest/manifest.ts";
import { problemsOfRefused } from "../manifest/problems_of_refused.ts";
import { type ApplySet, applySet } from "../plan/apply_set.ts";
import { PluginKindDiscovery } from "./plugin_kind_discovery.ts";
import {
  failed,
  invalidReason,
  mayPass,
  noCounts,
  type PartOutcome,
  type SyncOutcome,
} from "./sync_outcome.ts";
import { syncPart, type SyncPartOptions } from "./sync_part.ts";
import type { SyncRepositoryOptions } from "./sync_repository_options.ts";
import { untilReady } from "./until_ready.ts";
import { waitInSync } from "./wait_in_sync.ts";

/** Workspaces that are synced at a time. */
const WORKSPACES = 6;

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
      fingerprint: JSON.stringify([
        good.map((w) => w.workspace?.object),
        // They are kept; when they are gone, they are to be deleted.
        bad.map((w) => w.name),
        problems.length,
      ]),
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
        problems: await problemsOfRefused(set),
        reason: invalidReason(set.problems),
        retry: mayPass(set.problems),
      };
    }
    const ready = await untilReady(name, this.#options);
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
        wait: (ms) => waitInSync(ms, this.#options),
      }),
    });
    return { ...outcome, ...part };
  }

  #syncPart(
    manifests: ManifestSet,
    of: Omit<SyncPartOptions, "sync" | "commit" | "root">,
  ): Promise<PartOutcome> {
    const { commit, root } = this.#manifests;
    return syncPart(manifests, {
      ...of,
      sync: this.#options,
      commit,
      root: root.manifests,
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

  #set(of: ApplySetKind, namespace = SYSTEM_NAMESPACE): Promise<ApplySet> {
    const { repository } = this.#options;
    return applySet({ repository, namespace, of });
  }
}

type ApplySetKind = "root" | "workspaces" | "workspace";

function workspaceKey(name: string): string {
  return objectKey({
    apiVersion: "tenancy.faros.sh/v1alpha1",
    kind: "Workspace",
    metadata: { name },
  });
}
