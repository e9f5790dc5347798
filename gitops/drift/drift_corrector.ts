import type { Resource } from "../../api/kind.ts";
import type { KubeObject } from "../../api/meta.ts";
import { APPLYSET_LABEL } from "../../api/names.ts";
import {
  Backoff,
  type Clock,
  type EventNote,
  type Informer,
  type InformerEvent,
  InformerFactory,
  type KubeClient,
  type Logger,
  resourceName,
  WorkQueue,
  type WorkspaceProvider,
} from "../../kube/mod.ts";
import { applyChange } from "../apply/apply_change.ts";
import { objectKey } from "../manifest/manifest.ts";
import { driftOf } from "../plan/drift_policy.ts";
import { adopts, type Owner, ownerOf } from "../plan/ownership.ts";
import { compare, fingerprint } from "../plan/plan.ts";
import { withoutContent } from "../plan/without_content.ts";
import type { AppliedSet, AppliedSets } from "../repository/applied_sets.ts";
import { BulkWrites } from "./bulk_writes.ts";

/** Corrections of an object in a row that are made at once … */
const AT_ONCE = 5;
/** … before each waits longer than the last, in milliseconds. */
const FIGHT_BACKOFF = { base: 2000, max: 5 * 60_000, jitter: 0.2 };
/** An object that was left alone so long is fought over no more, in milliseconds. */
const PEACE = 10 * 60_000;

/** Options of {@linkcode DriftCorrector}. */
export interface DriftCorrectorOptions {
  /** The hub's own: it sees the objects of all workspaces. */
  client: KubeClient;
  provider: WorkspaceProvider;
  sets: AppliedSets;
  /** Told of what happens to an object of a set, as an Event of it. */
  note: (set: AppliedSet, object: KubeObject, note: EventNote) => void;
  log: Logger;
  clock: Clock;
  /** Whether objects of the set are to be put back right now. */
  isActive: (set: AppliedSet) => boolean;
  /** Gets word of each attempt to put an object back. @default nobody does */
  observe?: (
    repository: string,
    of: { started: number; ok: boolean },
  ) => void;
  /** Called with each object that was put back. */
  onCorrected?: (set: AppliedSet, object: KubeObject) => void;
  /** Called where what is only reported has changed. */
  onReported?: (set: AppliedSet) => void;
  /** Called where somebody else has come to keep an object. */
  onTaken?: (set: AppliedSet, object: KubeObject, owner: Owner) => void;
  signal: AbortSignal;
}

interface Fight {
  corrections: number;
  last: number;
  backoff: Backoff;
}

/**
 * Puts back what is changed or deleted behind the repository's back.
 *
 * One watch for each kind that was applied sees all members of apply sets, in
 * all workspaces; what a watch shows is compared with the manifest as a plan
 * would. Where somebody changes an object again and again, each correction
 * waits longer.
 */
export class DriftCorrector {
  /** Objects that were put back. */
  corrected = 0;
  /** Objects of which it was reported that they differ. */
  reported = 0;

  readonly #options: DriftCorrectorOptions;
  readonly #informers: InformerFactory;
  readonly #followed = new Map<string, Informer>();
  readonly #bulk: BulkWrites;
  readonly #queue: WorkQueue;
  readonly #fights = new Map<string, Fight>();

  constructor(options: DriftCorrectorOptions) {
    this.#options = options;
    const { client, log, clock, signal } = options;
    this.#informers = new InformerFactory(client, {
      // What is compared is looked at once.
      keep: withoutContent,
      log,
      clock,
      signal,
    });
    this.#bulk = new BulkWrites({
      informer: (resource) => this.#followed.get(resourceName(resource)),
      clock,
      signal,
    });
    this.#queue = new WorkQueue({
      clock,
      backoff: { base: 500, max: 60_000, jitter: 0.5 },
    });
  }

  /** Watches the members of these kinds from now on. */
  follow(resources: Iterable<Resource>): void {
    for (const resource of new Set(resources)) {
      const name = resourceName(resource);
      if (this.#followed.has(name)) continue;
      const informer = this.#informers.get(resource, {
        labelSelector: APPLYSET_LABEL,
      });
      this.#followed.set(name, informer);
      informer.on((event) => this.#saw(event));
      informer.onListed(() => this.#lookForMissing(informer));
    }
  }

  /**
   * The members of apply sets of a kind, as they were shown last, without their
   * content. That may be a while ago, where much of it is being written.
   *
   * @returns nothing where they are not followed
   */
  members(resource: Resource, namespace?: string): KubeObject[] | undefined {
    const informer = this.#followed.get(resourceName(resource));
    const isUpToDate = informer?.hasSynced && informer.lastError === undefined;
    return isUpToDate ? informer.list(namespace) : undefined;
  }

  /** Objects of these kinds are about to be written by a sync, until disposed of. */
  writing(resources: Iterable<Resource>): Disposable {
    return this.#bulk.begin(resources);
  }

  /** Works until its signal ends it. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    const stop = () => this.#queue.shutDown();
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.all(Array.from({ length: 4 }, () => this.#work()));
    await this.#informers.done();
  }

  #saw({ type, object }: InformerEvent): void {
    const id = object.metadata.labels?.[APPLYSET_LABEL];
    if (!id) return;
    const workspace = this.#options.provider.workspaceOf(object);
    const set = this.#options.sets.get(id, workspace);
    const key = objectKey(object);
    if (!set) return;
    const at: [string, string, string] = [id, workspace ?? "", key];
    const isThere = type !== "deleted";
    const { resourceVersion } = object.metadata;
    const isOwn = set.writes.saw(key, {
      resourceVersion: isThere ? resourceVersion : undefined,
      again: () => this.#enqueue(at),
    });
    if (isOwn) return;
    const applied = set.objects.get(key);
    if (!applied) return;
    if (isThere) {
      if (applied.resourceVersion === resourceVersion) return;
      const { reasons, drifted } = compare(applied.manifest, {
        live: object,
        setId: id,
        known: applied,
        drift: driftOf(applied.manifest.object, set.drift),
      });
      const told = set.drifted.get(key) ?? [];
      if (reasons.length === 0 && drifted.join() === told.join()) {
        // A status, as a rule: what was applied is there as it was. Whose it
        // has become is for the sync to find out.
        const { resource } = applied.manifest;
        if (!drifted.length && !ownerOf(object, { resource, setId: id })) {
          applied.resourceVersion = resourceVersion;
        }
        return;
      }
    }
    this.#enqueue(at);
  }

  /** Has looked at what was applied, and deleted before any watch showed it. */
  #lookForMissing(informer: Informer): void {
    const name = resourceName(informer.resource);
    for (const { set, workspace, objects } of this.#options.sets.list()) {
      for (const [key, { manifest: { resource, object } }] of objects) {
        if (resourceName(resource) !== name) continue;
        const { metadata } = object;
        if (informer.get(metadata.namespace, metadata.name)) continue;
        this.#enqueue([set.id, workspace ?? "", key]);
      }
    }
  }

  /** At once, or later where the object is fought over. */
  #enqueue(at: [string, string, string]): void {
    const item = JSON.stringify(at);
    const fight = this.#fights.get(item);
    const { clock } = this.#options;
    if (fight && clock.now() - fight.last > PEACE) this.#fights.delete(item);
    else if (fight && fight.corrections >= AT_ONCE) {
      return this.#queue.addAfter(item, fight.backoff.next());
    }
    this.#queue.add(item);
  }

  async #work(): Promise<void> {
    while (true) {
      const item = await this.#queue.get();
      if (item === undefined) return;
      const [id, workspace, key] = JSON.parse(item) as [string, string, string];
      try {
        const set = this.#options.sets.get(id, workspace || undefined);
        // A sync under way knows better what ought to be.
        if (set) await set.mutex.run(() => this.#correct(set, { key, item }));
        this.#queue.forget(item);
      } catch (error) {
        if (this.#options.signal.aborted) return;
        this.#options.log.warn("Cannot put an object back; will try again", {
          object: key,
          workspace: workspace || undefined,
          error,
        });
        this.#queue.addRateLimited(item);
      } finally {
        this.#queue.done(item);
      }
    }
  }

  async #correct(
    set: AppliedSet,
    of: { key: string; item: string },
  ): Promise<void> {
    const { signal, note, log, isActive, onCorrected } = this.#options;
    const applied = set.objects.get(of.key);
    if (!applied || !isActive(set)) return;
    const { manifest, commit, source } = applied;
    const { name, namespace } = manifest.object.metadata;
    const live = await set.access.client.tryGet(manifest.resource, name, {
      namespace,
      signal,
    });
    const owner = live && ownerOf(live, {
      resource: manifest.resource,
      setId: set.set.id,
    });
    // The sync reports it; here two engines would fight.
    if (owner && !(owner.adoptable && adopts(manifest.object))) {
      return this.#options.onTaken?.(set, live, owner);
    }
    const change = compare(manifest, {
      live,
      setId: set.set.id,
      known: applied,
      drift: driftOf(manifest.object, set.drift),
      owner,
    });
    this.#report(set, { key: of.key, live, drifted: change.drifted });
    if (change.reasons.length === 0) return;
    const { clock, observe } = this.#options;
    const started = clock.now();
    let object: KubeObject;
    try {
      object = await applyChange(change, {
        access: set.access,
        commit,
        source,
        clock,
        signal,
      });
    } catch (error) {
      if (!signal.aborted) {
        observe?.(set.set.repository, { started, ok: false });
      }
      throw error;
    }
    observe?.(set.set.repository, { started, ok: true });
    set.objects.set(of.key, {
      ...applied,
      fingerprint: fingerprint(change.object),
      resourceVersion: object.metadata.resourceVersion,
    });
    this.corrected++;
    const fight = this.#note(of.item);
    const what = live ? change.reasons.join(", ") : "it was deleted";
    const where = `as ${manifest.file}:${manifest.line} has it in commit ${
      commit.slice(0, 12)
    }`;
    log.info("Put an object back", {
      kind: object.kind,
      name,
      workspace: set.workspace,
      reasons: change.reasons,
    });
    note(set, object, {
      type: "Warning",
      reason: "DriftCorrected",
      message: `Put back ${where}: ${what}`,
    });
    if (fight.corrections === AT_ONCE) {
      note(set, object, {
        type: "Warning",
        reason: "DriftFight",
        message:
          `Put back ${AT_ONCE} times in a row: something else keeps changing it; from now on it is put back less often. Change ${manifest.file}, or stop the other`,
      });
    }
    onCorrected?.(set, object);
  }

  #report(
    set: AppliedSet,
    of: { key: string; live?: KubeObject; drifted: string[] },
  ): void {
    const { key, live, drifted } = of;
    const before = set.drifted.get(key) ?? [];
    if (drifted.join() === before.join()) return;
    const { note, log, onReported } = this.#options;
    if (drifted.length === 0) set.drifted.delete(key);
    else {
      set.drifted.set(key, drifted);
      this.reported++;
      const { manifest } = set.objects.get(key)!;
      log.info("An object is not as its manifest, and is left so", {
        object: key,
        workspace: set.workspace,
        fields: drifted,
      });
      note(set, live ?? manifest.object, {
        type: "Warning",
        reason: "DriftReported",
        message: `Not as ${manifest.file}:${manifest.line} has it: ${
          drifted.join(", ")
        }; left so, as the Repository says`,
      });
    }
    onReported?.(set);
  }

  #note(item: string): Fight {
    const now = this.#options.clock.now();
    let fight = this.#fights.get(item);
    if (!fight) {
      for (const [key, { last }] of this.#fights) {
        if (now - last > PEACE) this.#fights.delete(key);
      }
      fight = {
        corrections: 0,
        last: now,
        backoff: new Backoff(FIGHT_BACKOFF),
      };
      this.#fights.set(item, fight);
    }
    fight.corrections++;
    fight.last = now;
    return fight;
  }
}
