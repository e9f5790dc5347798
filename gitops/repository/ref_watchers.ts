import { type Clock, LinkedSignal } from "../../kube/mod.ts";
import { parseRemote } from "../source/remote.ts";
import { watchRefs } from "../source/watch_refs.ts";

/** The file system tells of one push by several events: how long they may be apart, in milliseconds. */
const ONE_PUSH = 5;

/** Options of {@linkcode RefWatchers}. */
export interface RefWatchersOptions {
  /** Called with the Repository whose refs moved. */
  changed: (repository: string) => void;
  /** Takes work that has to have ended at the end. */
  background: (work: Promise<void>) => void;
  clock: Clock;
  signal: AbortSignal;
}

/** Follows the refs of repositories on the hub's own disk, so that nobody waits for the next poll. */
export class RefWatchers {
  readonly #watchers = new Map<
    string,
    { path: string; stop: AbortController }
  >();
  readonly #options: RefWatchersOptions;

  constructor(options: RefWatchersOptions) {
    this.#options = options;
  }

  /** Follows the refs at `url`, where that is a folder, and those of no other for this Repository. */
  follow(repository: string, url: string): void {
    let path: string | undefined;
    try {
      path = parseRemote(url).path;
    } catch {
      // The fetch says what is wrong with it.
    }
    if (this.#watchers.get(repository)?.path === path) return;
    this.leave(repository);
    if (path === undefined) return;
    const stop = new AbortController();
    const watcher = { path, stop };
    this.#watchers.set(repository, watcher);
    const link = new LinkedSignal(stop.signal, this.#options.signal);
    let told = false;
    const changed = () => {
      if (told) return;
      told = true;
      this.#options.clock.sleep(ONE_PUSH, link.signal).then(() => {
        // What comes from here on may have come too late for the fetch that starts now.
        told = false;
        this.#options.changed(repository);
      }, () => {/* nobody follows them any more */});
    };
    this.#options.background(
      watchRefs(path, { changed, signal: link.signal }).finally(() => {
        link[Symbol.dispose]();
        // It is tried again with the next poll.
        if (this.#watchers.get(repository) === watcher) {
          this.#watchers.delete(repository);
        }
      }),
    );
  }

  /** Follows no refs for this Repository any more. */
  leave(repository: string): void {
    this.#watchers.get(repository)?.stop.abort();
    this.#watchers.delete(repository);
  }
}
