/**
 * What a change of a fleet's repository would do to objects and devices,
 * found out without any cluster.
 *
 * @module
 */
import type { PluginBundle } from "../../api/plugin_bundle.ts";
import { loadTree, type Manifests } from "../../gitops/manifest/load_tree.ts";
import {
  compareProblems,
  type Problem,
} from "../../gitops/manifest/problem.ts";
import {
  DEFAULT_PRUNE_GUARD,
  type PruneGuard,
  pruneGuard,
} from "../../gitops/plan/prune_guard.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import { affected } from "./affected.ts";
import { compareDevices } from "./compare_devices.ts";
import { fleetInputs } from "./fleet_inputs.ts";
import { FleetLoader } from "./load_fleet.ts";
import { objectChange } from "./object_change.ts";
import type { Approval, Preview, PreviewProblem } from "./preview_result.ts";
import { Redactor } from "./redactor.ts";
import { safeFileProblem } from "./safe_problem.ts";
import { ScratchServer } from "./scratch_server.ts";
import { partSealed, sealedChanges } from "./sealed.ts";
import { scrub } from "./scrub.ts";
import { groupsOf, needsAllBuiltins } from "./builtin_groups.ts";

/** Options of {@linkcode preview}. */
export interface PreviewOptions {
  /** Plugins that the hub publishes itself. */
  catalogue: PluginBundle[];
  /** What the two sides are called. */
  names: { base: string; head: string };
  /** Folder of the repository that the fleet is in: paths are told from the top. @default the top */
  folder?: string;
  /** Name of the Repository. @default {"fleet"} */
  repository?: string;
  /** @default {DEFAULT_PRUNE_GUARD} */
  pruneGuard?: PruneGuard;
  /** Who has to approve the files that changed. @default nobody is asked */
  approvals?: (touched: string[]) => Approval[];
  signal?: AbortSignal;
}

/**
 * Loads both states into an API server in memory, resolves the devices of both
 * as the hub does, and tells the difference.
 *
 * `head` may be hostile: nothing of it is run, fetched or followed, and no
 * value of a secret gets into the answer. Errors of it are in the answer, too.
 */
export async function preview(
  sides: { base: SourceTree; head: SourceTree },
  options: PreviewOptions,
): Promise<Preview> {
  const { signal, names } = options;
  const trees = affected(sides.base, sides.head);
  const result: Preview = {
    ...names,
    problems: [],
    objects: [],
    devices: [],
    held: [],
    approvals: options.approvals?.(trees.touched) ?? [],
  };
  const [{ manifests: base, sealed: before }, {
    manifests: head,
    sealed: after,
  }] = [trees.base, trees.head].map((tree) =>
    partSealed(loadTree(tree, { sealed: true }), tree)
  ) as [ReturnType<typeof partSealed>, ReturnType<typeof partSealed>];
  await using server = await ScratchServer.start({
    catalogue: options.catalogue,
    builtins: needsAllBuiltins(groupsOf([base, head])) ? "all" : "default",
    signal,
  });
  const loader = new FleetLoader(server, {
    repository: options.repository ?? "fleet",
    signal,
  });
  const workspaces = [
    ...new Set([...base.workspaces.keys(), ...head.workspaces.keys()]),
  ].sort();
  const first = await loader.load(base, { lenient: true });
  const old = fleetInputs(server, { workspaces });
  const second = await loader.load(head);
  const now = fleetInputs(server, { workspaces, gone: second.gone });

  const redactor = new Redactor({
    plugins: [...old.plugins.values(), ...now.plugins.values()],
    objects: [old, now].flatMap((fleet) =>
      [...fleet.workspaces.values()].flatMap(({ objects }) => objects)
    ),
  });
  result.objects = second.changed
    .map((pair) => objectChange(pair, redactor))
    .filter((change) => change !== undefined);
  const sealed = sealedChanges(before, after);
  result.objects.push(...sealed.objects);
  const devices = await compareDevices({ before: old, after: now }, {
    sealed: { before, after },
    keys: server.keys,
    redactor,
    manifest: (key) => loader.manifest(key),
    signal,
  });
  result.devices = devices.changes;
  const texts = new Map(trees.head.files.map(({ path, text }) => [path, text]));
  const broken = new Set(first.problems.map(({ file }) => file));
  result.problems = [
    ...second.problems.map((problem): PreviewProblem => ({
      ...safeFileProblem(problem, texts.get(problem.file)),
      severity: "error",
    })),
    ...devices.problems,
    ...sealed.problems,
    ...newWarnings(base, head),
    ...notesOnBase(broken, second.problems.map(({ file }) => file)),
  ].sort((a, b) =>
    a.severity === b.severity
      ? compareProblems(a as Problem, b as Problem)
      : a.severity === "error"
      ? -1
      : 1
  );
  const guard = options.pruneGuard ?? DEFAULT_PRUNE_GUARD;
  for (const { workspace, ...counts } of second.prunes) {
    const held = pruneGuard(counts, guard);
    if (held) result.held.push({ workspace, ...held });
  }
  return scrub(fromTop(result, options.folder), redactor.known);
}

/** With paths from the top of the repository. */
function fromTop(result: Preview, folder: string | undefined): Preview {
  if (!folder) return result;
  const moved = <T extends { file?: string }>(item: T): T =>
    item.file === undefined
      ? item
      : { ...item, file: `${folder}/${item.file}` };
  return {
    ...result,
    problems: result.problems.map(moved),
    objects: result.objects.map(moved),
  };
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
