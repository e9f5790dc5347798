import { ConfigMap, Secret } from "../../api/core.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import {
  type Clock,
  createInformer,
  type KubeClient,
  LinkedSignal,
  type Logger,
} from "../../kube/mod.ts";
import type { InputReference } from "./manifest_inputs.ts";

/** Options of {@linkcode InputWatcher}. */
export interface InputWatcherOptions {
  client: KubeClient;
  /** Called with the name of a Repository whose keys or variables may have changed. */
  changed: (repository: string) => void;
  log: Logger;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Watches the ConfigMaps and Secrets that Repositories take keys and variables
 * from, each by itself: the hub's namespace holds large ones of others.
 */
export class InputWatcher {
  readonly #options: InputWatcherOptions;
  /** By kind and name: what ends the watch, and for whom it is. */
  readonly #watches = new Map<
    string,
    { link: LinkedSignal; repositories: Set<string> }
  >();
  readonly #running = new Set<Promise<void>>();

  constructor(options: InputWatcherOptions) {
    this.#options = options;
  }

  /** From now on a Repository depends on these, and on no others. */
  follow(repository: string, references: InputReference[]): void {
    const wanted = new Set(
      references.map(({ kind, name }) => `${kind}/${name}`),
    );
    for (const [key, watch] of this.#watches) {
      if (wanted.has(key)) continue;
      watch.repositories.delete(repository);
      if (watch.repositories.size === 0) {
        this.#watches.delete(key);
        watch.link.abort();
      }
    }
    for (const key of wanted) {
      const watch = this.#watches.get(key) ?? this.#watch(key);
      watch.repositories.add(repository);
    }
  }

  /** Resolves when all watches have ended, which the signal makes them do. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
  }

  #watch(key: string) {
    const { client, changed, log, clock, signal } = this.#options;
    const [kind, name] = key.split("/") as [InputReference["kind"], string];
    const link = new LinkedSignal(signal);
    const repositories = new Set<string>();
    const informer = createInformer(
      client,
      kind === "Secret" ? Secret : ConfigMap,
      {
        namespace: SYSTEM_NAMESPACE,
        fieldSelector: `metadata.name=${name}`,
        log,
        clock,
        signal: link.signal,
      },
    );
    informer.on(() => repositories.forEach((name) => changed(name)));
    const done = informer.done.catch(() => {}).finally(() => {
      link[Symbol.dispose]();
      this.#running.delete(done);
    });
    this.#running.add(done);
    const watch = { link, repositories };
    this.#watches.set(key, watch);
    return watch;
  }
}
