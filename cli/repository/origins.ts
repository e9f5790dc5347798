import { ConfigMap } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import {
  COMMIT_ANNOTATION,
  SOURCE_ANNOTATION,
  SYSTEM_NAMESPACE,
} from "../../api/names.ts";
import { Repository } from "../../api/repository.ts";
import {
  commitLogName,
  readCommitLog,
} from "../../gitops/repository/commit_log.ts";
import { commitInfo } from "../../gitops/source/commit_info.ts";
import { runGit } from "../../gitops/source/run_git.ts";
import type { KubeClient } from "../../kube/client.ts";
import { KubeApiError } from "../../kube/kube_api_error.ts";

/** Who made a commit, when and why, as far as it can be told. */
export interface CommitOrigin {
  commit: string;
  author?: string;
  email?: string;
  /** When it was written, RFC 3339. */
  date?: string;
  /** First line of its message. */
  message?: string;
  /** When the hub applied it, RFC 3339. */
  applied?: string;
  /** Why the author is not told. */
  unknown?: string;
}

/** Where in which repository an object stands. */
export interface Origin extends CommitOrigin {
  repository: string;
  url?: string;
  /** From the top of the repository. Absent of what was applied by a hub that did not note it. */
  file?: string;
  line?: number;
}

/** Looks up what Repositories, and the hub's logs of their commits, tell; each is read once. */
export class Origins {
  readonly #hub: KubeClient;
  readonly #signal: AbortSignal | undefined;
  readonly #repositories = new Map<string, Promise<Repository | undefined>>();
  readonly #logs = new Map<
    string,
    Promise<ReturnType<typeof readCommitLog>>
  >();
  #forbidden = false;
  readonly #local = new Map<string, Promise<CommitOrigin>>();

  constructor(hub: KubeClient, options: { signal?: AbortSignal } = {}) {
    this.#hub = hub;
    this.#signal = options.signal;
  }

  /** Origin of an object that a Repository applied; undefined where none of it is noted on it. */
  async of(
    object: KubeObject,
    repository: string,
  ): Promise<Origin | undefined> {
    const { annotations } = object.metadata;
    const commit = annotations?.[COMMIT_ANNOTATION];
    if (!commit) return undefined;
    const place = placeOf(object);
    const spec = (await this.#repository(repository))?.spec;
    return {
      repository,
      ...(spec ? { url: spec.url } : {}),
      ...(place
        ? { file: fromTop(place.file, spec?.path), line: place.line }
        : {}),
      ...await this.commit(commit, repository),
    };
  }

  /** A commit of a Repository: of the hub's log, else of the repository that one is in. */
  async commit(commit: string, repository: string): Promise<CommitOrigin> {
    const logged = (await this.log(repository))[commit];
    if (logged) {
      const { subject, ...rest } = logged;
      return { commit, ...rest, message: subject };
    }
    let local = this.#local.get(commit);
    if (!local) this.#local.set(commit, local = this.#fromHere(commit));
    const found = await local;
    if (found.author !== undefined) return found;
    const why = this.#forbidden
      ? `not for you to see (ConfigMap ${
        commitLogName(repository)
      } in ${SYSTEM_NAMESPACE})`
      : "not known to the hub any more";
    return {
      ...found,
      unknown: `${why}; a clone of the repository, where this runs, tells it`,
    };
  }

  /** Commits of a Repository that changed something, by hash. */
  log(repository: string): Promise<ReturnType<typeof readCommitLog>> {
    let log = this.#logs.get(repository);
    if (!log) {
      log = this.#readable(
        this.#hub.tryGet(ConfigMap, commitLogName(repository), {
          namespace: SYSTEM_NAMESPACE,
          signal: this.#signal,
        }),
      ).then(readCommitLog);
      this.#logs.set(repository, log);
    }
    return log;
  }

  #repository(name: string): Promise<Repository | undefined> {
    let found = this.#repositories.get(name);
    if (!found) {
      found = this.#readable(
        this.#hub.tryGet<Repository>(Repository, name, {
          signal: this.#signal,
        }),
      );
      this.#repositories.set(name, found);
    }
    return found;
  }

  /** Members of a workspace may see its objects, and not the hub's. */
  async #readable<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.code !== 403) throw error;
      this.#forbidden = true;
      return undefined;
    }
  }

  async #fromHere(commit: string): Promise<CommitOrigin> {
    try {
      const what = "Cannot look at the repository here";
      const out = await runGit(["rev-parse", "--absolute-git-dir"], {
        what,
        signal: this.#signal,
      });
      const { subject, ...info } = await commitInfo(commit, {
        gitDir: new TextDecoder().decode(out).trim(),
        signal: this.#signal,
      });
      return { commit, ...info, message: subject };
    } catch {
      return { commit }; // not a clone of it
    }
  }
}

/** `file:line` that an object tells to stand at. */
export function placeOf(
  { metadata }: KubeObject,
): { file: string; line: number } | undefined {
  const [, file, line] =
    /^(.+):(\d+)$/.exec(metadata.annotations?.[SOURCE_ANNOTATION] ?? "") ?? [];
  return file === undefined ? undefined : { file, line: Number(line) };
}

/** A path from the top of the repository, of one from `spec.path`. */
export function fromTop(file: string, path: string | undefined): string {
  const top = (path ?? "").split("/").filter((part) => part && part !== ".");
  return [...top, file].join("/");
}
