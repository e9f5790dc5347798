import type { Resource } from "../../api/kind.ts";
import { kinds, workspaceManifestKinds } from "../../api/kinds.ts";
import { ConfigMap, Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL, SYSTEM_NAMESPACE } from "../../api/names.ts";
import { Workspace } from "../../api/workspace.ts";
import { apiProblems } from "../../gitops/apply/api_problem.ts";
import { applyPlan } from "../../gitops/apply/apply_plan.ts";
import { byStage } from "../../gitops/apply/order.ts";
import { bringerOf, notEnabled } from "../../gitops/manifest/brought_kinds.ts";
import { workspaceFile } from "../../gitops/manifest/layout.ts";
import type {
  Manifests,
  ManifestSet,
} from "../../gitops/manifest/load_tree.ts";
import { objectKey } from "../../gitops/manifest/manifest.ts";
import type { Problem } from "../../gitops/manifest/problem.ts";
import {
  KindUnavailable,
  type ResolvedManifest,
  resolveKinds,
} from "../../gitops/manifest/resolve_kinds.ts";
import { applySet } from "../../gitops/plan/apply_set.ts";
import { driftPolicy } from "../../gitops/plan/drift_policy.ts";
import {
  type Change,
  fingerprint,
  type Known,
  type LiveObject,
  plan,
} from "../../gitops/plan/plan.ts";
import type { PruneInput } from "../../gitops/plan/prune.ts";
import { systemClock } from "../../kube/clock.ts";
import { parseApiVersion } from "../../kube/resource.ts";
import { WorkspaceConflict } from "../../kube/workspace_provider.ts";
import { safeProblem } from "./safe_problem.ts";
import type { ScratchServer } from "./scratch_server.ts";

/** An object before and after. */
export interface ObjectPair {
  workspace?: string;
  before?: KubeObject;
  after?: KubeObject;
  /** Where it stands; of what goes, where it stood. */
  manifest?: ResolvedManifest;
}

/** What loading a state did. */
export interface Loaded {
  problems: (Problem & { workspace?: string })[];
  changed: ObjectPair[];
  /** Keys of what would be deleted; on the server it still is. */
  gone: Set<string>;
  prunes: Pick<
    PruneInput,
    "removals" | "members" | "workspace" | "setId" | "content"
  >[];
}

/** Kinds that a workspace's sync identity may write in any case, so that nobody has to be asked. */
const QUICK: readonly Resource[] = [
  ...workspaceManifestKinds,
  ConfigMap,
  Secret,
];

interface Place {
  workspace?: string;
  scope: "root" | "workspace";
  namespace: string;
}

const ROOT: Place = { scope: "root", namespace: SYSTEM_NAMESPACE };

/** Options of {@linkcode FleetLoader}. */
export interface FleetLoaderOptions {
  /** Name of the Repository, of which the apply sets have theirs. */
  repository: string;
  /**
   * Whether what is loaded first is as a cluster has it, with fields of many
   * managers, and not as manifests have it.
   */
  live?: boolean;
  /** Whether what left the manifests is deleted. @default {true} */
  prune?: boolean;
  /** What the Repository says of changes behind its back. @default all are put back */
  drift?: Parameters<typeof driftPolicy>[0];
  /** Keys of objects that stay though they are not in the manifests. @default none */
  keep?: string[];
  signal?: AbortSignal;
}

/**
 * Loads states of a fleet into a server, one on top of the other, by the same
 * steps as a sync: find kinds, plan, apply. Nothing is deleted for real.
 */
export class FleetLoader {
  readonly #server: ScratchServer;
  readonly #options: FleetLoaderOptions;
  /** Resources of what was loaded, by namespace. */
  readonly #resources = new Map<string, Map<string, Resource>>();
  /** What was applied from manifests, to tell at once what has not changed. */
  readonly #known = new Map<string, Known>();
  /** Where the objects of the last state stood. */
  readonly #manifests = new Map<string, ResolvedManifest>();

  constructor(server: ScratchServer, options: FleetLoaderOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** Where an object stands in the state that was loaded last and had it. */
  manifest(key: string): ResolvedManifest | undefined {
    return this.#manifests.get(key);
  }

  /** Tells of a kind that is there otherwise. */
  noteResource(namespace: string, resource: Resource): void {
    const known = this.#resources.get(namespace) ?? new Map();
    known.set(`${resource.group}/${resource.plural}`, resource);
    this.#resources.set(namespace, known);
  }

  /**
   * Makes what is there as `manifests` have it.
   *
   * @param options.lenient Whether a folder with errors is loaded as far as it
   * is valid, since what was there before them is not known; else it stays as
   * it is.
   */
  async load(
    manifests: Manifests,
    { lenient = false }: { lenient?: boolean } = {},
  ): Promise<Loaded> {
    const loaded: Loaded = {
      problems: [...manifests.problems],
      changed: [],
      gone: new Set(),
      prunes: [],
    };
    await this.#loadSet(manifests.root, { place: ROOT, loaded, lenient });
    for (const set of manifests.workspaces.values()) {
      const place: Place = {
        scope: "workspace",
        workspace: set.name,
        namespace: set.name,
      };
      if (
        await this.#loadWorkspace(set.workspace, { ...set, loaded, lenient })
      ) {
        await this.#loadSet(set, { place, loaded, lenient });
      } else {
        loaded.problems.push(
          ...set.problems.map((p) => ({ ...p, workspace: set.name })),
        );
      }
    }
    // An error that is of no folder could hide one.
    const prune = this.#options.prune !== false;
    if (prune && !manifests.problems.length) {
      await this.#removeOthers(manifests, loaded);
    }
    return loaded;
  }

  /** @returns Whether its place is there. */
  async #loadWorkspace(
    manifest: Manifests["root"]["manifests"][number] | undefined,
    { name: workspace, problems, loaded, lenient }: {
      name: string;
      problems: Problem[];
      loaded: Loaded;
      lenient: boolean;
    },
  ): Promise<boolean> {
    const before = this.#server.get(Workspace, { name: workspace });
    // As in a sync: whoever has an error in the folder stays as he was.
    if (problems.length && before) return true;
    if (!manifest || problems.length && !lenient) return false;
    const setId = await this.#setId("workspaces", SYSTEM_NAMESPACE);
    const desired = { ...manifest, resource: Workspace };
    try {
      const after = await this.#write([desired], {
        setId,
        place: { ...ROOT, workspace },
        loaded,
        live: before ? [{ resource: Workspace, object: before }] : [],
      });
      if (!after) return false;
      const refused = await this.#server.makePlace(
        this.#server.get(Workspace, { name: workspace }) as Workspace,
      );
      loaded.problems.push(...refused.map((message) => ({
        workspace,
        file: manifest.file,
        ...manifest.locate(["spec", "plugins"]),
        field: "spec.plugins",
        message,
      })));
      return true;
    } catch (error) {
      if (!(error instanceof WorkspaceConflict)) throw error;
      loaded.problems.push({
        workspace,
        file: workspaceFile(workspace),
        line: 1,
        column: 1,
        message: error.message,
      });
      return false;
    }
  }

  async #loadSet(
    set: ManifestSet,
    { place, loaded, lenient }: {
      place: Place;
      loaded: Loaded;
      lenient: boolean;
    },
  ): Promise<void> {
    const { workspace, scope, namespace } = place;
    const { client } = this.#server;
    const { signal } = this.#options;
    const first = !this.#resources.has(namespace);
    const resolved = await resolveKinds(set, {
      scope,
      namespace,
      discover: async (apiVersion, kind) => {
        const found = await client.discover(apiVersion, kind, { signal });
        if (workspace) this.#checkServed(workspace, { apiVersion, kind });
        return found;
      },
    });
    const problems = [...set.problems, ...resolved.problems];
    loaded.problems.push(...problems.map((p) => ({ ...p, workspace })));
    if (problems.length && !lenient) return;
    for (const { resource } of resolved.manifests) {
      this.noteResource(namespace, resource);
    }
    const live: LiveObject[] = first && !this.#options.live
      ? []
      : this.#liveIn(namespace);
    const setId = await this.#setId(scope, namespace);
    await this.#write(resolved.manifests, { setId, place, loaded, live });
  }

  /** @throws KindUnavailable where a plugin brings a kind, and not to the workspace */
  #checkServed(
    workspace: string,
    { apiVersion, kind }: { apiVersion: string; kind: string },
  ): void {
    const server = this.#server;
    const { group } = parseApiVersion(apiVersion);
    const plugin = bringerOf(server.plugins(), { group, kind });
    const served = server.pluginKinds().find((k) =>
      k.group === group && k.kind === kind
    );
    if (!plugin || served && server.serves(workspace, served)) return;
    const file = workspaceFile(workspace);
    throw new KindUnavailable(notEnabled(plugin, { kind, file }));
  }

  /** @returns Whether the server took them all. */
  async #write(
    desired: ResolvedManifest[],
    { setId, place, loaded, live }: {
      setId: string;
      place: Place;
      loaded: Loaded;
      live: LiveObject[];
    },
  ): Promise<boolean> {
    const server = this.#server;
    const { workspace, scope, namespace } = place;
    const { signal } = this.#options;
    const isWorkspaces = desired[0]?.resource === Workspace;
    const steps = plan({
      desired,
      live,
      setId,
      prune: !isWorkspaces && this.#options.prune !== false,
      keep: this.#keep(),
      known: this.#known,
      drift: this.#options.drift &&
        driftPolicy(this.#options.drift, workspace),
    });
    // What one manifest said and the next does not is told by managedFields,
    // which an object that was put has not.
    const less = this.#options.live ? [] : steps.unchanged.filter((change) => {
      const known = this.#known.get(change.key);
      return known && known.fingerprint !== fingerprint(change.object);
    });
    const update = [...steps.update, ...less];
    const problems: Problem[] = [];
    const slow: Change[] = [];
    for (
      const stage of byStage(
        [...steps.create, ...update],
        (c) => c.manifest.resource,
      )
    ) {
      for (const change of stage) {
        if (
          this.#options.live || scope !== "workspace" ||
          !QUICK.includes(change.manifest.resource)
        ) {
          slow.push(change);
          continue;
        }
        signal?.throwIfAborted();
        try {
          await server.put(
            change.manifest.resource,
            change.object,
            change.live,
          );
        } catch (error) {
          problems.push(...apiProblems(error, change.manifest));
        }
      }
    }
    const result = await applyPlan(
      { ...steps, ...bySort(slow), delete: [] },
      {
        access: scope === "workspace"
          ? server.access(workspace!)
          : { client: server.client, namespace },
        commit: "",
        clock: systemClock,
        signal,
      },
    );
    problems.push(...result.problems);
    for (const change of [...steps.create, ...update]) {
      const { metadata: { name, namespace } } = change.object;
      const after = server.get(change.manifest.resource, { namespace, name });
      const written = after &&
        after.metadata.resourceVersion !==
          change.live?.metadata.resourceVersion;
      if (!written) continue;
      this.#known.set(change.key, {
        fingerprint: fingerprint(change.object),
        resourceVersion: after.metadata.resourceVersion,
      });
      const { manifest } = change;
      loaded.changed.push({ workspace, before: change.live, after, manifest });
    }
    if (!problems.length) {
      for (const { key, object } of steps.delete) {
        loaded.gone.add(key);
        const manifest = this.#manifests.get(key);
        loaded.changed.push({ workspace, before: object, manifest });
      }
      // What comes in the place of what goes counts: a file that was renamed.
      const members = [
        ...live.filter(({ object }) =>
          object.metadata.labels?.[APPLYSET_LABEL] === setId
        ),
        ...steps.create.map(({ manifest, object }) => ({
          resource: manifest.resource,
          object,
        })),
      ];
      const { delete: removals } = steps;
      if (!isWorkspaces && removals.length) {
        loaded.prunes.push({ workspace, removals, members, setId });
      }
    }
    for (const manifest of desired) {
      this.#manifests.set(objectKey(manifest.object), manifest);
    }
    loaded.problems.push(
      ...problems.map((p) => ({ ...safeProblem(p, desired), workspace })),
    );
    return problems.length === 0;
  }

  /** Workspaces that are there and no folder is of any more. */
  async #removeOthers(manifests: Manifests, loaded: Loaded): Promise<void> {
    const setId = await this.#setId("workspaces", SYSTEM_NAMESPACE);
    for (const object of this.#server.list<Workspace>(Workspace)) {
      const { name, labels, annotations } = object.metadata;
      if (manifests.workspaces.has(name)) continue;
      if (labels?.[APPLYSET_LABEL] !== setId) continue;
      if (annotations?.["faros.sh/prune"] === "disabled") continue;
      // Whatever it is, it goes with the place.
      for (const kind of workspaceManifestKinds) this.noteResource(name, kind);
      const own = await this.#setId("workspace", name);
      const all = this.#liveIn(name);
      // Of what others made there, devices that nobody committed count.
      const members = all.filter(({ resource, object }) =>
        object.metadata.labels?.[APPLYSET_LABEL] === own ||
        workspaceManifestKinds.some((kind) => kind === resource)
      );
      for (const member of [{ resource: Workspace, object }, ...members]) {
        const key = objectKey(member.object);
        loaded.gone.add(key);
        loaded.changed.push({
          workspace: name,
          before: member.object,
          manifest: this.#manifests.get(key),
        });
      }
      const removal = (item: LiveObject) => ({
        key: objectKey(item.object),
        ...item,
      });
      const whole = removal({ resource: Workspace, object });
      loaded.prunes.push({
        workspace: name,
        removals: [whole],
        members: [],
        setId,
        content: new Map([[whole.key, members.map(removal)]]),
      });
    }
  }

  #liveIn(namespace: string): LiveObject[] {
    const resources = this.#resources.get(namespace)?.values() ?? [];
    return [...resources].flatMap((resource) =>
      this.#server.list(resource, resource.namespaced ? namespace : undefined)
        .map((object) => ({ resource, object }))
    );
  }

  /** What stays, whatever the manifests say; a Repository that lists itself does not delete itself. */
  #keep(): Set<string> {
    const repository = kinds.find(({ kind }) => kind === "Repository")!;
    return new Set([
      ...this.#options.keep ?? [],
      objectKey({
        apiVersion: repository.apiVersion,
        kind: repository.kind,
        metadata: { name: this.#options.repository },
      }),
    ]);
  }

  async #setId(
    of: "root" | "workspaces" | "workspace",
    namespace: string,
  ): Promise<string> {
    const { repository } = this.#options;
    return (await applySet({ repository, namespace, of })).id;
  }
}

function bySort(changes: Change[]): { create: Change[]; update: Change[] } {
  return {
    create: changes.filter((change) => !change.live),
    update: changes.filter((change) => change.live),
  };
}
