import type { KubeObject } from "../../api/meta.ts";
import { PLUGIN_LABEL } from "../../api/names.ts";
import {
  createInformer,
  type Informer,
  type InformerEvent,
} from "../../kube/informer.ts";
import { LinkedSignal } from "../../kube/linked_signal.ts";
import { type InstalledKind, kindKey } from "../../kube/plugin_kinds.ts";
import type { HubContext } from "../controllers/context.ts";

/** A kind that is followed, until its signal ends. */
export interface FollowedKind {
  kind: InstalledKind;
  /** Of the objects of all workspaces. */
  informer: Informer;
  signal: AbortSignal;
}

/** How long the first lists of all kinds may take when a hub starts, in milliseconds. */
const PATIENCE = 10_000;

/**
 * The kinds of plugins that are installed, each followed by one informer however many workspaces there are.
 *
 * Other controllers ask it as they ask informers; `controllers/plugin_kinds.ts` alone changes it.
 */
export class PluginKinds {
  readonly #context: Omit<HubContext, "pluginKinds">;
  /** By Plugin. */
  readonly #installed = new Map<string, readonly InstalledKind[]>();
  /** By {@linkcode kindKey}. */
  readonly #followed = new Map<
    string,
    FollowedKind & { link: LinkedSignal }
  >();
  readonly #problems = new Map<string, { reason: string; message: string }>();
  readonly #starters = new Set<(followed: FollowedKind) => void>();
  readonly #listeners = new Set<(plugin: string) => void>();
  readonly #running = new Set<Promise<void>>();

  private constructor(context: Omit<HubContext, "pluginKinds">) {
    this.#context = context;
  }

  /** Finds what is installed, and has the objects of it. */
  static async open(
    context: Omit<HubContext, "pluginKinds">,
  ): Promise<PluginKinds> {
    const kinds = new PluginKinds(context);
    const places = kinds.places;
    await places.synced;
    const plugins = new Set(places.list().map(pluginOf));
    for (const plugin of plugins) {
      try {
        kinds.set(plugin, await kinds.found(plugin));
      } catch (error) {
        // The controller asks again, until it is answered.
        context.signal.throwIfAborted();
        context.log.warn("Cannot read the kinds of a plugin", {
          plugin,
          error,
        });
      }
    }
    // Else an Agent would seem to name objects that are not there.
    const all = [...kinds.#followed.values()].map((f) => f.informer.synced);
    if (all.length) {
      using link = new LinkedSignal(context.signal);
      await Promise.race([
        Promise.all(all),
        context.clock.sleep(PATIENCE, link.signal),
      ]);
      link.abort();
    }
    return kinds;
  }

  /** The informer of what makes the kinds be served. */
  get places(): Informer {
    const { informers, provider } = this.#context;
    return informers.get(provider.kinds.place, { labelSelector: PLUGIN_LABEL });
  }

  /** The kinds of a Plugin, as {@linkcode PluginKinds.places} has them. */
  async found(plugin: string): Promise<InstalledKind[]> {
    const { kinds } = this.#context.provider;
    const places = this.places.list().filter((place) =>
      pluginOf(place) === plugin && !place.metadata.deletionTimestamp
    );
    return (await Promise.all(places.map((place) => kinds.kindsOf(place))))
      .flat();
  }

  /** The installed kinds of a Plugin. */
  of(plugin: string): readonly InstalledKind[] {
    return this.#installed.get(plugin) ?? [];
  }

  /** Names of all Plugins that have installed kinds. */
  plugins(): string[] {
    return [...this.#installed.keys()];
  }

  /** Why the kinds that a Plugin declares are not, or not all, installed. */
  problem(plugin: string): { reason: string; message: string } | undefined {
    return this.#problems.get(plugin);
  }

  /** Objects of a kind in a namespace, or in all. */
  objects(kind: InstalledKind, namespace?: string): KubeObject[] {
    return this.#followed.get(kindKey(kind))?.informer.list(namespace) ?? [];
  }

  /** One for each kind. */
  informers(): Informer[] {
    return [...this.#followed.values()].map(({ informer }) => informer);
  }

  /** Takes note of what is installed for a Plugin, or of why it is not. */
  set(
    plugin: string,
    installed: readonly InstalledKind[],
    problem?: { reason: string; message: string },
  ): void {
    const before = JSON.stringify([this.of(plugin), this.problem(plugin)]);
    for (const old of this.of(plugin)) {
      const same = installed.find((kind) => kindKey(kind) === kindKey(old));
      if (same?.version !== old.version) this.#unfollow(old);
    }
    if (installed.length) this.#installed.set(plugin, installed);
    else this.#installed.delete(plugin);
    for (const kind of installed) this.#follow(kind);
    if (problem) this.#problems.set(plugin, problem);
    else this.#problems.delete(plugin);
    if (JSON.stringify([this.of(plugin), this.problem(plugin)]) === before) {
      return;
    }
    for (const listener of [...this.#listeners]) listener(plugin);
  }

  /** Calls `listener` with each Plugin whose kinds have changed. @returns A function that ends it. */
  on(listener: (plugin: string) => void): () => void {
    const own = (plugin: string) => listener(plugin);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Calls `start` with each kind that is followed, now or later. @returns A function that ends it. */
  follow(start: (followed: FollowedKind) => void): () => void {
    const own = (followed: FollowedKind) => start(followed);
    this.#starters.add(own);
    for (const followed of this.#followed.values()) own(followed);
    return () => this.#starters.delete(own);
  }

  /** Calls `listener` with each change of an object of any kind. @returns A function that ends it. */
  onObject(
    listener: (event: InformerEvent, kind: InstalledKind) => void,
  ): () => void {
    return this.follow(({ kind, informer }) => {
      informer.on((event) => listener(event, kind));
    });
  }

  /** Resolves when nothing is followed any more, after the signal. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
  }

  #follow(kind: InstalledKind): void {
    const key = kindKey(kind);
    const known = this.#followed.get(key);
    if (known) {
      known.kind = kind;
      return;
    }
    const { client, log, clock, signal } = this.#context;
    const link = new LinkedSignal(signal);
    const informer = createInformer(client, kind, {
      log,
      clock,
      signal: link.signal,
    });
    const followed = { kind, informer, signal: link.signal, link };
    const running = informer.done.finally(() => this.#running.delete(running));
    this.#running.add(running);
    this.#followed.set(key, followed);
    for (const start of [...this.#starters]) start(followed);
  }

  #unfollow(kind: InstalledKind): void {
    const key = kindKey(kind);
    const followed = this.#followed.get(key);
    if (!followed) return;
    this.#followed.delete(key);
    followed.link.abort();
    followed.link[Symbol.dispose]();
  }
}

/** The Plugin that a labelled object is of. */
export function pluginOf({ metadata }: KubeObject): string {
  return metadata.labels?.[PLUGIN_LABEL] ?? "";
}
