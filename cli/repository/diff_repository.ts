import type { Kind } from "../../api/kind.ts";
import { pluginObjectKinds } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import { Plugin } from "../../api/plugin.ts";
import type { Repository } from "../../api/repository.ts";
import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { PrunePolicy } from "../../gitops/apply/prune_set.ts";
import { readLive } from "../../gitops/apply/read_live.ts";
import { checkReferences } from "../../gitops/manifest/check_references.ts";
import type {
  Manifests,
  ManifestSet,
} from "../../gitops/manifest/load_tree.ts";
import { type Manifest, objectKey } from "../../gitops/manifest/manifest.ts";
import {
  compareProblems,
  type Problem,
} from "../../gitops/manifest/problem.ts";
import { problemsOfRefused } from "../../gitops/manifest/problems_of_refused.ts";
import { redactProblems } from "../../gitops/manifest/redact_problems.ts";
import { resolveKinds } from "../../gitops/manifest/resolve_kinds.ts";
import { applySet } from "../../gitops/plan/apply_set.ts";
import { driftPolicy } from "../../gitops/plan/drift_policy.ts";
import {
  APPLIED_ANNOTATION,
  type Change,
  plan,
  type PlanInput,
} from "../../gitops/plan/plan.ts";
import type { HeldPrune } from "../../gitops/plan/prune.ts";
import { fetchRepository } from "../../gitops/repository/fetch_repository.ts";
import { liveObjects } from "../../gitops/repository/live_objects.ts";
import { loadRepository } from "../../gitops/repository/load_repository.ts";
import { prunePolicy } from "../../gitops/repository/prune_policy.ts";
import { Redactor } from "../../hub/preview/redactor.ts";
import type { PluginObject } from "../../hub/resolve/plugin_object.ts";
import type { KubeClient } from "../../kube/client.ts";
import { isNotFound } from "../../kube/kube_api_error.ts";
import { broughtKinds } from "./brought_kinds.ts";
import { diffRemovals } from "./diff_removals.ts";
import { type FieldDifference, fieldDifferences } from "./field_differences.ts";
import type { Fleet } from "./fleet.ts";
import { fromTop } from "./origins.ts";

/** What a sync would do to an object. */
export interface ObjectDifference {
  /** `drift`: it differs, and is left so, as spec.drift says. */
  change: "create" | "update" | "delete" | "drift";
  /** None for the hub's own. */
  workspace?: string;
  kind: string;
  name: string;
  file?: string;
  line?: number;
  /** Of an update, or a drift. */
  fields: FieldDifference[];
}

/** What a sync of a commit would do. */
export interface RepositoryDifference {
  repository: string;
  commit: string;
  objects: ObjectDifference[];
  unchanged: number;
  /** Objects that left the repository before: they are suspended, and deleted when their time is over. */
  suspended: number;
  /** Deletions among `objects` that would wait for approval. */
  held: HeldPrune[];
  /** What keeps parts of it from being applied. */
  problems: Problem[];
}

/** Options of {@linkcode diffRepository}. */
export interface DiffOptions {
  /** Commit to compare with. @default the newest of what the Repository follows */
  commit?: string;
  /** Folder for a copy of the repository. */
  stateDir: string;
  /** Gets word of what is being done. */
  progress: (text: string) => void;
  signal?: AbortSignal;
}

/** Workspaces that are looked at at a time. */
const AT_ONCE = 4;

/**
 * Compares a commit with what is live, by the very code that the hub syncs
 * with; nothing is written. Fetches from here, with the Secrets of the
 * Repository.
 *
 * @throws where the commit cannot be had, or something may not be read
 */
export async function diffRepository(
  repository: Repository,
  fleet: Fleet,
  options: DiffOptions,
): Promise<RepositoryDifference> {
  const { commit, stateDir, progress, signal } = options;
  const { name } = repository.metadata;
  progress(`Fetching ${repository.spec.url}`);
  const fetched = await fetchRepository(
    commit === undefined ? repository : {
      ...repository,
      spec: {
        ...repository.spec,
        ref: { commit } as Repository["spec"]["ref"],
        // A tag that is signed says nothing of a commit by its hash.
        ...(repository.spec.verify ? { verify: undefined } : {}),
      },
    },
    { client: fleet.hub, stateDir, signal },
  );
  const { manifests } = await loadRepository(repository, {
    fetched,
    client: fleet.hub,
    signal,
  });
  const result: RepositoryDifference = {
    repository: name,
    commit: manifests.commit,
    objects: [],
    unchanged: 0,
    suspended: 0,
    held: [],
    problems: [...manifests.problems],
  };
  const plugins = await allPlugins(fleet, { manifests, signal });
  const redactor = await makeRedactor(fleet, { plugins, manifests, signal });
  const policy = prunePolicy(repository, { fetched, signal });
  const add = async (set: ManifestSet, part: Part) => {
    if (set.problems.length) {
      result.problems.push(...set.problems);
      return;
    }
    const found = await diffPart(set, {
      ...part,
      repository,
      fleet,
      root: manifests.root.manifests,
      plugins,
      policy,
      redactor,
      signal,
    });
    result.objects.push(...found.objects);
    result.problems.push(...found.problems);
    result.unchanged += found.unchanged;
    result.suspended += found.suspended;
    result.held.push(...found.held);
  };
  const hub = { client: fleet.hub, namespace: SYSTEM_NAMESPACE };
  const folders = [...manifests.workspaces.values()];
  progress("Comparing root/ and Workspaces");
  await add({
    manifests: folders.flatMap((w) => w.workspace ? [w.workspace] : []),
    problems: [],
    fingerprint: "",
  }, {
    ...hub,
    of: "workspaces",
    keep: folders.filter((w) => w.problems.length).map((w) => ({
      apiVersion: "tenancy.faros.sh/v1alpha1",
      kind: "Workspace",
      metadata: { name: w.name },
    })),
  });
  await add(manifests.root, { ...hub, of: "root", keep: [repository] });
  let done = 0;
  await forEachLimited(folders, AT_ONCE, async (set) => {
    await add({ ...set, problems: await problemsOfRefused(set) }, {
      client: fleet.all,
      namespace: set.name,
      workspace: set.name,
      of: "workspace",
    });
    progress(`Compared ${++done} of ${folders.length} workspaces`);
  });
  const { path } = repository.spec;
  for (const item of [...result.objects, ...result.problems]) {
    if (item.file !== undefined) item.file = fromTop(item.file, path);
  }
  result.problems.sort(compareProblems);
  const key = ({ workspace = "", kind, name }: ObjectDifference) =>
    `${workspace}\n${kind}\n${name}`;
  result.objects.sort((a, b) => key(a) < key(b) ? -1 : 1);
  return result;
}

interface Part {
  client: KubeClient;
  namespace: string;
  workspace?: string;
  of: "root" | "workspaces" | "workspace";
  /** Members that stay though they are not in the manifests. */
  keep?: KubeObject[];
}

type PartDifference = Omit<RepositoryDifference, "repository" | "commit">;

async function diffPart(
  manifests: ManifestSet,
  part: Part & {
    repository: Repository;
    fleet: Fleet;
    root: readonly Manifest[];
    plugins: readonly Plugin[];
    /** None where nothing is deleted. */
    policy: PrunePolicy | undefined;
    redactor: Redactor;
    signal?: AbortSignal;
  },
): Promise<PartDifference> {
  const { client, namespace, workspace, of, fleet, policy, signal } = part;
  const set = await applySet({
    repository: part.repository.metadata.name,
    namespace,
    of,
  });
  const { manifests: desired, problems } = await resolveKinds(manifests, {
    scope: of === "workspace" ? "workspace" : "root",
    namespace,
    discover: (apiVersion, kind) =>
      client.discovery.find(apiVersion, kind, { signal }),
  });
  const references = await checkReferences(manifests.manifests, {
    root: part.root,
    live: {
      ...liveObjects(set, {
        access: { client, namespace },
        hub: fleet.hub,
        prune: policy !== undefined,
        signal,
      }),
      kinds: () => broughtKinds(part.plugins, { client, signal }),
    },
  });
  problems.push(...references.problems);
  const objects: ObjectDifference[] = [];
  if (problems.length) {
    return {
      objects,
      unchanged: 0,
      suspended: 0,
      held: [],
      problems: redactProblems(problems, manifests.manifests),
    };
  }
  const where = workspace ? { workspace } : {};
  const live = await readLive(set, {
    access: { client, namespace },
    resources: new Set(desired.map((m) => m.resource)),
    signal,
  }).catch((error) => {
    // A workspace that is still to be made has nothing in it.
    if (isNotFound(error)) return { live: [] };
    throw error;
  });
  const input: PlanInput = {
    desired,
    drift: driftPolicy(part.repository.spec, workspace),
    live: live.live,
    setId: set.id,
    prune: policy !== undefined,
    keep: new Set(part.keep?.map(objectKey)),
  };
  const steps = plan(input);
  for (const change of [...steps.create, ...steps.update]) {
    const { file, line, object } = change.manifest;
    objects.push({
      change: change.live ? "update" : "create",
      ...where,
      kind: object.kind,
      name: object.metadata.name,
      file,
      line,
      fields: change.live ? fieldsOf(change, part) : [],
    });
  }
  for (const change of steps.unchanged) {
    if (change.drifted.length === 0) continue;
    const { file, line, object } = change.manifest;
    objects.push({
      change: "drift",
      ...where,
      kind: object.kind,
      name: object.metadata.name,
      file,
      line,
      fields: fieldsOf({ ...change, reasons: change.drifted }, part),
    });
  }
  const removals = policy && await diffRemovals(steps, {
    live: live.live,
    set,
    repository: part.repository.metadata.name,
    all: fleet.all,
    of,
    ...where,
    policy,
    signal,
  });
  for (const { object } of removals?.removed ?? []) {
    objects.push({
      change: "delete",
      ...where,
      kind: object.kind,
      name: object.metadata.name,
      fields: [],
    });
  }
  return {
    objects,
    unchanged: steps.unchanged.filter((c) => !c.drifted.length).length,
    suspended: removals?.suspended ?? 0,
    held: removals?.held ?? [],
    problems: steps.conflicts.map(({ manifest, owner }) => ({
      file: manifest.file,
      line: manifest.line,
      column: manifest.column,
      message:
        `${manifest.object.kind} ${manifest.object.metadata.name} is kept by ${owner.name}`,
    })),
  };
}

function fieldsOf(
  { manifest, object, live, reasons }: Change,
  { redactor }: { redactor: Redactor },
) {
  const { sensitive } = manifest;
  // How a changed manifest is told from a changed object; no change of its own.
  const shown = reasons.filter((r) => !r.includes(APPLIED_ANNOTATION));
  return fieldDifferences(shown.length ? shown : reasons, {
    live: live!,
    desired: object,
    sensitive,
    redactor,
  });
}

/** The catalogue as it is, and as the commit has it. */
async function allPlugins(
  { hub }: Fleet,
  { manifests, signal }: { manifests: Manifests; signal?: AbortSignal },
): Promise<Plugin[]> {
  return [
    ...await listIfServed<Plugin>(Plugin, { client: hub, signal }),
    ...manifests.root.manifests.map(({ object }) => object)
      .filter(({ kind }) => kind === Plugin.kind) as Plugin[],
  ];
}

/** Knows what is a secret of all that is live and desired. */
async function makeRedactor(
  { all }: Fleet,
  { plugins, manifests, signal }: {
    plugins: Plugin[];
    manifests: Manifests;
    signal?: AbortSignal;
  },
): Promise<Redactor> {
  const live = await Promise.all(
    pluginObjectKinds.map((kind) =>
      listIfServed<PluginObject>(kind, { client: all, signal })
    ),
  );
  const desired = [manifests.root, ...manifests.workspaces.values()]
    .flatMap((set) => set.manifests.map(({ object }) => object));
  const named = (kind: Kind) =>
    desired.filter((object) => object.kind === kind.kind);
  return new Redactor({
    plugins,
    objects: [
      ...live.flat(),
      ...pluginObjectKinds.flatMap(named) as PluginObject[],
    ],
  });
}

async function listIfServed<T extends KubeObject>(
  kind: Kind,
  { client, signal }: { client: KubeClient; signal?: AbortSignal },
): Promise<T[]> {
  try {
    return (await client.listAll<T>(kind, { signal })).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
