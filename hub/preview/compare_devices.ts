import { Agent } from "../../api/agent.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Workspace } from "../../api/workspace.ts";
import { type Manifest, objectKey } from "../../gitops/manifest/manifest.ts";
import type { HubKeys } from "../keys/hub_keys.ts";
import { readPluginObject } from "../resolve/plugin_object.ts";
import { Problem } from "../resolve/problem.ts";
import { pluginChanges } from "./device_changes.ts";
import type { FleetInputs, WorkspaceInputs } from "./fleet_inputs.ts";
import type {
  DeviceChange,
  PluginChange,
  PreviewProblem,
} from "./preview_result.ts";
import type { Redactor } from "./redactor.ts";
import { sealedKey, type SealedObjects } from "./sealed.ts";
import { safeReason } from "./safe_problem.ts";
import { byNumber } from "./by_number.ts";
import { type Resolution, Resolver, ValueIds } from "./resolver.ts";

/** Options of {@linkcode compareDevices}. */
export interface CompareDevicesOptions {
  keys: HubKeys;
  redactor: Redactor;
  /** Whether all Secrets of the base were read, or there may be more. */
  secrets: "all" | "some";
  /** What is encrypted and cannot be read. */
  sealed: { before: SealedObjects; after: SealedObjects };
  /** Where an object stands, by its key. */
  manifest(key: string): Manifest | undefined;
  signal?: AbortSignal;
}

/** Resolves the Agents of which something that decides for them changes, before and after, and tells what becomes of their devices. */
export async function compareDevices(
  fleets: { before: FleetInputs; after: FleetInputs },
  options: CompareDevicesOptions,
): Promise<{ changes: DeviceChange[]; problems: PreviewProblem[] }> {
  const comparison = new Comparison(fleets, options);
  for (const workspace of fleets.before.workspaces.keys()) {
    await comparison.compare(workspace);
  }
  return await comparison.result();
}

/** Things of one sort by what is the same of them. */
class Groups<T> {
  readonly #groups = new Map<string, T & { agents: string[] }>();

  add(agent: string, of: T): void {
    const key = JSON.stringify(of);
    const group = this.#groups.get(key);
    if (group) group.agents.push(agent);
    else this.#groups.set(key, { ...of, agents: [agent] });
  }

  values(): (T & { agents: string[] })[] {
    return [...this.#groups.values()].map((group) => ({
      ...group,
      agents: group.agents.sort(byNumber),
    }));
  }
}

interface Found {
  workspace: string;
  severity: PreviewProblem["severity"];
  reason: string;
  message: string;
}

class Comparison {
  readonly #before: FleetInputs;
  readonly #after: FleetInputs;
  readonly #options: CompareDevicesOptions;
  readonly #old: Resolver;
  readonly #new: Resolver;
  readonly #unread = { old: new Set<string>(), new: new Set<string>() };
  readonly #plugins: ReadonlySet<string>;
  readonly #changes = new Groups<Omit<DeviceChange, "agents">>();
  readonly #problems = new Groups<Found>();
  /** Between two desired states: many devices share both. */
  readonly #between = new Map<unknown, Map<unknown, PluginChange[]>>();

  constructor(
    { before, after }: { before: FleetInputs; after: FleetInputs },
    options: CompareDevicesOptions,
  ) {
    this.#before = before;
    this.#after = after;
    this.#options = options;
    const { keys } = options;
    const values = new ValueIds();
    this.#old = new Resolver({
      fleet: before,
      keys,
      values,
      unread: (workspace, secret) => {
        const sealed = secretIn(options.sealed.before, workspace, secret);
        if (sealed) return sealed.text;
        if (options.secrets === "all") return undefined;
        this.#unread.old.add(`${workspace} ${secret}`);
        return "";
      },
    });
    this.#new = new Resolver({
      fleet: after,
      keys,
      values,
      unread: (workspace, secret) => {
        const sealed = secretIn(options.sealed.after, workspace, secret);
        if (sealed) return sealed.text;
        // What was there and goes is not somewhere else.
        const was = before.workspaces.get(workspace)?.secrets.has(secret) ||
          secretIn(options.sealed.before, workspace, secret);
        if (was || options.secrets === "all") return undefined;
        this.#unread.new.add(`${workspace} ${secret}`);
        return "";
      },
    });
    this.#plugins = differing(
      [...before.plugins.values()],
      [...after.plugins.values()],
    );
  }

  async compare(workspace: string): Promise<void> {
    const old = this.#before.workspaces.get(workspace)!;
    const now = this.#after.workspaces.get(workspace)!;
    const all = this.#concernsAll(old, now) || this.#opensOther(workspace);
    const objects = differing(old.objects, now.objects);
    const agents = differing([...old.agents.values()], [
      ...now.agents.values(),
    ]);
    for (const name of new Set([...old.agents.keys(), ...now.agents.keys()])) {
      const isConcerned = all || agents.has(name) ||
        [old, now].some(({ agents }) =>
          agents.get(name)?.spec?.plugins?.some((p) => objects.has(p.name))
        );
      if (!isConcerned) continue;
      this.#options.signal?.throwIfAborted();
      await this.#compareAgent(workspace, name);
    }
  }

  async result() {
    const changes = this.#changes.values().sort((a, b) =>
      a.workspace < b.workspace ? -1 : a.workspace > b.workspace ? 1 : 0
    );
    const problems: PreviewProblem[] = [];
    for (const found of this.#problems.values()) {
      problems.push({
        ...await this.#locate(found),
        ...found,
        message: safeReason(found.message),
      });
    }
    for (const name of this.#unread.new) {
      if (this.#unread.old.has(name)) continue;
      const [workspace = "", secret] = name.split(" ");
      problems.push({
        severity: "warning",
        workspace,
        file: `workspaces/${workspace}`,
        message:
          `a config refers to Secret ${secret}, which is not in the repository; devices wait until it is in the workspace`,
      });
    }
    return { changes, problems };
  }

  #concernsAll(old: WorkspaceInputs, now: WorkspaceInputs): boolean {
    if (version(old.workspace) !== version(now.workspace)) return true;
    const enabled = [old, now].flatMap(({ workspace }) =>
      workspace?.spec?.plugins ?? []
    );
    return enabled.some(({ name }) => this.#plugins.has(name)) ||
      differing([...old.secrets.values()], [...now.secrets.values()]).size > 0;
  }

  /** Whether encrypted objects of a workspace change, come or go. */
  #opensOther(workspace: string): boolean {
    const { before, after } = this.#options.sealed;
    return [...before, ...after].some(([key, sealed]) =>
      sealed.workspace === workspace &&
      before.get(key)?.text !== after.get(key)?.text
    );
  }

  async #compareAgent(workspace: string, name: string): Promise<void> {
    const [old, now] = [
      await this.#old.resolve(workspace, name),
      await this.#new.resolve(workspace, name),
    ];
    const agents = this.#after.workspaces.get(workspace)!.agents;
    const paused = agents.get(name)?.spec?.paused ?? false;
    if (now instanceof Problem) {
      const { reason, message } = now;
      const known = old instanceof Problem && old.message === message ||
        reason === "PluginObjectNotFound" && this.#namesSealed(workspace, name);
      this.#problems.add(name, {
        workspace,
        severity: known ? "warning" : "error",
        reason,
        message,
      });
      return;
    }
    const plugins = this.#pluginChanges(old, now);
    const change = !now ? "remove" : !old ? "add" : "update";
    if (change === "update" && !plugins.length) return;
    this.#changes.add(name, { change, workspace, paused, plugins });
  }

  /** Whether an Agent names what may be there, encrypted. */
  #namesSealed(workspace: string, agent: string): boolean {
    const entries = this.#after.workspaces.get(workspace)!.agents.get(agent)
      ?.spec?.plugins ?? [];
    return [...this.#options.sealed.after.values()].some((sealed) =>
      sealed.workspace === workspace &&
      entries.some(({ name }) => name === sealed.manifest.object.metadata.name)
    );
  }

  #pluginChanges(
    old: Resolution | undefined,
    now: Exclude<Resolution, Problem> | undefined,
  ): PluginChange[] {
    let from = this.#between.get(old);
    if (!from) this.#between.set(old, from = new Map());
    let changes = from.get(now);
    if (!changes) {
      // What a device runs whose Agent could not be resolved, nobody knows.
      const before = old instanceof Problem ? undefined : old;
      changes = pluginChanges(before, now, this.#options.redactor);
      from.set(now, changes);
    }
    return changes;
  }

  /** The place that a problem is about: in the Agent, the plugin object, or the Workspace. */
  async #locate(
    { workspace, reason, message, agents }: Found & { agents: string[] },
  ): Promise<{ file: string; line?: number; column?: number; field?: string }> {
    const [agent = ""] = agents;
    const { manifest } = this.#options;
    const inputs = this.#after.workspaces.get(workspace)!;
    const of = (object: KubeObject) => manifest(objectKey(object));
    const at = (
      where: Manifest | undefined,
      path: (string | number)[],
      about?: "key" | "value",
    ) => where && { file: where.file, ...where.locate(path, about) };
    const here = of(inputs.agents.get(agent)!);
    const { index, place: inConfig } = await this.#new.entryOf(workspace, {
      agent,
      problem: new Problem(reason, message),
    }) ?? {};
    const entry = index === undefined
      ? undefined
      : inputs.agents.get(agent)!.spec?.plugins?.[index];
    const object = entry &&
      inputs.objects.find((o) =>
        o.metadata.name === entry.name && (!entry.kind || o.kind === entry.kind)
      );
    const field = inConfig && object && (inConfig.in === "entry"
      ? at(
        here,
        ["spec", "plugins", index!, "config", ...inConfig.path],
        inConfig.about,
      )
      : at(
        of(object),
        [...readPluginObject(object).path, ...inConfig.path],
        inConfig.about,
      ));
    if (field) return field;
    const place = /^(PermissionNot|Untrusted)/.test(reason)
      ? at(
        manifest(objectKey({
          apiVersion: Workspace.apiVersion,
          kind: Workspace.kind,
          metadata: { name: workspace },
        })),
        ["spec", "plugins"],
      )
      : reason === "ArtifactUnavailable" && object
      ? at(of(object), ["spec", "type"])
      : object && entry?.config === undefined && !entry?.version
      ? at(of(object), ["spec", "config"])
      : undefined;
    const path = index === undefined
      ? ["spec", "plugins"]
      : ["spec", "plugins", index].concat(
        reason === "ConfigInvalid" && entry?.config !== undefined
          ? ["config"]
          : [],
      );
    return place ?? at(here, path) ??
      { file: `${Agent.kind} ${workspace}/${agent}` };
  }
}

function secretIn(sealed: SealedObjects, workspace: string, name: string) {
  return sealed.get(sealedKey(workspace, { kind: "Secret", name }));
}

/** Names of objects that are not the same on both sides. */
function differing(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): Set<string> {
  const key = (
    { kind, metadata: { name, uid, resourceVersion } }: KubeObject,
  ) => `${kind} ${name} ${uid} ${resourceVersion}`;
  const [old, now] = [new Set(before.map(key)), new Set(after.map(key))];
  return new Set(
    [
      ...before.filter((object) => !now.has(key(object))),
      ...after.filter((object) => !old.has(key(object))),
    ].map(({ metadata }) => metadata.name),
  );
}

function version(object: KubeObject | undefined): string {
  return `${object?.metadata.uid} ${object?.metadata.resourceVersion}`;
}
