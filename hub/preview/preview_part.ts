/**
 * What a change of some workspaces would do, found out without any cluster.
 *
 * @module
 */
import type { Repository } from "../../api/repository.ts";
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Workspace } from "../../api/workspace.ts";
import { objectKey } from "../../gitops/manifest/manifest.ts";
import { loadManifests } from "../../gitops/manifest/load_manifests.ts";
import { loadTree, type Manifests } from "../../gitops/manifest/load_tree.ts";
import { decidePrune } from "../../gitops/plan/prune.ts";
import {
  DEFAULT_PRUNE_GUARD,
  type PruneGuard,
} from "../../gitops/plan/prune_guard.ts";
import { parseDuration } from "../../gitops/repository/duration.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import { compareDevices } from "./compare_devices.ts";
import { fleetInputs } from "./fleet_inputs.ts";
import { type LiveFleet, loadLive } from "./live_fleet.ts";
import { ownRepository, repositorySettings } from "./repository_settings.ts";
import { leftBefore, withoutLeft } from "./left_before.ts";
import { FleetLoader } from "./load_fleet.ts";
import { objectChange } from "./object_change.ts";
import type {
  HeldDeletion,
  Preview,
  PreviewProblem,
} from "./preview_result.ts";
import { Redactor } from "./redactor.ts";
import { safeFileProblem } from "./safe_problem.ts";
import { ScratchServer } from "./scratch_server.ts";
import { partSealed, sealedChanges } from "./sealed.ts";
import { groupsOf, needsAllBuiltins } from "./builtin_groups.ts";

/** What a Repository that says nothing of it has. */
const DEFAULT_TOMBSTONE = "24h";

/** Options of {@linkcode previewPart}. */
export interface PreviewPartOptions {
  /** Plugins that the hub publishes itself. */
  catalogue: PluginBundle[];
  /** Name of the Repository. @default that of the one that the base has among its manifests */
  repository?: string;
  /** The Repository itself, where it is known. @default the one that the base has among its manifests */
  own?: Pick<Repository, "metadata" | "spec">;
  /** @default that of the Repository that the base has, else {@linkcode DEFAULT_PRUNE_GUARD} */
  pruneGuard?: PruneGuard;
  signal?: AbortSignal;
}

/** What is found out of some workspaces, and of what is the hub's own. */
export interface PreviewPart
  extends Pick<Preview, "problems" | "objects" | "devices" | "held"> {
  /** Texts of the secrets that were met, which may be in none of it. */
  secrets: string[];
}

/**
 * Loads both states into an API server in memory, resolves the devices of both
 * as the hub does, and tells the difference. For {@linkcode preview}, which
 * parts the work, and has the last look at it.
 *
 * @param sides Trees as `affected` leaves them, or what a cluster has as base.
 */
export async function previewPart(
  sides: { base: SourceTree | LiveFleet; head: SourceTree },
  options: PreviewPartOptions,
): Promise<PreviewPart> {
  const { signal } = options;
  const live = "files" in sides.base ? undefined : sides.base;
  const baseTree: SourceTree = "files" in sides.base
    ? sides.base
    : { commit: "", files: [], refused: [] };
  const plain = loadTree(baseTree, { sealed: true });
  const own = live?.repository ?? options.own ??
    ownRepository(plain, options.repository);
  const settings = own && await repositorySettings(own);
  const read = async (tree: SourceTree) => {
    const inputs = { sealed: true, variables: settings?.variables };
    const manifests = await loadManifests(tree, inputs, { signal });
    return partSealed(refuseUnbuilt(manifests), tree);
  };
  const { manifests: base, sealed: before } = await read(baseTree);
  const { manifests: head, sealed: after } = await read(sides.head);
  await using server = await ScratchServer.start({
    catalogue: live ? [] : options.catalogue,
    builtins: needsAllBuiltins(groupsOf([base, head])) ? "all" : "default",
    signal,
  });
  const loader = new FleetLoader(server, {
    repository: options.repository ?? settings?.name ?? "fleet",
    live: live !== undefined,
    prune: live?.repository.spec.prune,
    drift: live?.repository.spec,
    keep: [...after.values()].map(({ manifest, workspace }) =>
      objectKey(inNamespace(manifest.object, workspace))
    ),
    signal,
  });
  const first = live
    ? await loadLive(live, { server, loader })
    : await loader.load(base, { lenient: true });
  const workspaces = [
    ...new Set([
      ...server.list(Workspace).map(({ metadata }) => metadata.name),
      ...head.workspaces.keys(),
    ]),
  ].sort();
  const old = fleetInputs(server, { workspaces });
  const second = await loader.load(head);
  const now = fleetInputs(server, { workspaces, gone: second.gone });

  const redactor = new Redactor({
    plugins: [...old.plugins.values(), ...now.plugins.values()],
    objects: [old, now].flatMap((fleet) =>
      [...fleet.workspaces.values()].flatMap(({ objects }) => objects)
    ),
  });
  // What a cluster has of it is decrypted, and cannot be compared.
  const sealed = live
    ? { objects: [], problems: [] }
    : sealedChanges(before, after);
  const devices = await compareDevices({ before: old, after: now }, {
    sealed: { before, after },
    // What may not be seen may be there all the same.
    secrets: live === undefined || live.secretsHidden ? "some" : "all",
    keys: server.keys,
    redactor,
    manifest: (key) => loader.manifest(key),
    signal,
  });
  const { files, inputs = [] } = sides.head;
  const texts = new Map(
    [...files, ...inputs].map(({ path, text }) => [path, text]),
  );
  const broken = new Set(first?.problems.map(({ file }) => file));
  const problems = [
    ...second.problems.map((problem): PreviewProblem => ({
      ...safeFileProblem(problem, texts.get(problem.file)),
      severity: "error",
    })),
    ...devices.problems,
    ...sealed.problems,
    ...(live ? [] : newWarnings(base, head)),
    ...notesOnBase(broken, second.problems.map(({ file }) => file)),
  ];
  const guard = options.pruneGuard ?? settings?.pruneGuard ??
    DEFAULT_PRUNE_GUARD;
  const tombstone = settings?.tombstone ?? DEFAULT_TOMBSTONE;
  const held: HeldDeletion[] = [];
  const suspended = new Set<KubeObject>();
  for (const input of second.prunes) {
    const decision = decidePrune({
      ...input,
      guard,
      tombstone: parseDuration(tombstone),
      isApproved: () => false,
      now: Date.now(),
    });
    for (const { workspace, reason: message, objects } of decision.held) {
      held.push({
        ...(workspace === undefined ? {} : { workspace }),
        message,
        objects,
      });
    }
    for (const { object } of decision.suspend) suspended.add(object);
  }
  const left = leftBefore(second.changed);
  const objects = second.changed.flatMap((pair) => {
    if (left.has(pair)) return [];
    const change = objectChange(pair, redactor);
    if (!change) return [];
    const isSuspended = !pair.after && suspended.has(pair.before!);
    return [isSuspended ? { ...change, suspended: tombstone } : change];
  });
  objects.push(...sealed.objects);
  const secrets = [...redactor.known];
  return {
    problems,
    objects,
    devices: withoutLeft(devices.changes, left),
    held,
    secrets,
  };
}

/** Without what a kustomization gives, its objects would seem to go. */
function refuseUnbuilt(manifests: Manifests): Manifests {
  for (const set of [manifests.root, ...manifests.workspaces.values()]) {
    set.problems.push(
      ...(set.unchecked ?? []).filter(({ reason }) => reason === "BuildFailed"),
    );
  }
  return manifests;
}

function inNamespace(object: KubeObject, namespace?: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** What somebody should look at in the head, that was not in the base already. */
function newWarnings(base: Manifests, head: Manifests): PreviewProblem[] {
  const all = ({ root, workspaces }: Manifests): PreviewProblem[] =>
    [
      { set: root, workspace: undefined },
      ...[...workspaces].map(([workspace, set]) => ({ set, workspace })),
    ].flatMap(({ set, workspace }) =>
      (set.warnings ?? []).map((warning) => ({
        ...warning,
        severity: "warning" as const,
        ...(workspace === undefined ? {} : { workspace }),
      }))
    );
  const known = new Set(all(base).map(({ message }) => message));
  return all(head).filter(({ message }) => !known.has(message));
}

/** That the base had errors, which make the comparison worth less. */
function notesOnBase(
  broken: ReadonlySet<string>,
  stillBroken: string[],
): PreviewProblem[] {
  return [...broken].filter((file) => !stillBroken.includes(file)).map((
    file,
  ) => ({
    severity: "warning",
    file,
    message:
      "has errors in the base, of which nothing is applied; compared with what of it is valid",
  }));
}
