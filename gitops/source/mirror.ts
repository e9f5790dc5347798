import type { GitCredentials } from "./credentials.ts";
import type { Remote } from "./remote.ts";
import { GitError, runGit } from "./run_git.ts";

/** Where the mirror keeps what it fetched. */
const REF = "refs/faros/fetched";

/** Options of a {@linkcode Mirror}. */
export interface MirrorOptions {
  remote: Remote;
  /** The bare repository; it is a cache, and made anew where it is broken. */
  dir: string;
}

/** Options of what talks to the remote. */
export interface RemoteOptions {
  credentials: GitCredentials;
  signal?: AbortSignal;
}

/** A bare, shallow copy of one branch of a remote repository. */
export class Mirror {
  readonly remote: Remote;
  readonly dir: string;
  #opened = false;

  constructor(options: MirrorOptions) {
    this.remote = options.remote;
    this.dir = options.dir;
  }

  /**
   * The commit at the tip of a branch, asked of the remote.
   *
   * @throws {GitError} also where there is no such branch
   */
  async tip(branch: string, options: RemoteOptions): Promise<string> {
    const what = `Cannot look for branch ${branch} of ${this.remote.url}`;
    const out = await runGit(
      ["ls-remote", "--quiet", "--", this.remote.url, `refs/heads/${branch}`],
      {
        what,
        env: options.credentials.env,
        signal: options.signal,
        timeout: 60_000,
        maxBytes: 1 << 20,
      },
    );
    for (const line of new TextDecoder().decode(out).split("\n")) {
      const [commit, ref] = line.split("\t");
      // The pattern also matches refs that end so.
      if (ref === `refs/heads/${branch}` && commit) return commit;
    }
    throw new GitError(
      what,
      "there is no such branch (the repository may be empty, or the branch renamed)",
    );
  }

  /**
   * Fetches a branch: only its newest commit, and of that only what is new.
   *
   * @returns The commit that was fetched.
   */
  async fetch(branch: string, options: RemoteOptions): Promise<string> {
    await this.#open(options.signal);
    try {
      return await this.#fetch(branch, options);
    } catch (error) {
      // A process killed in mid-fetch leaves locks and halves behind, and a
      // cache is not worth a person's time: once more, from nothing.
      if (
        !isBroken(error)
      ) throw error;
      await this.reset();
      await this.#open(options.signal);
      return await this.#fetch(branch, options);
    }
  }

  /** Whether a commit is there, whole. */
  async has(commit: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#open(signal);
      const out = await this.#git(["rev-parse", "--verify", "--quiet", REF], {
        what: "Cannot read the mirror",
        signal,
      });
      return new TextDecoder().decode(out).trim() === commit;
    } catch (error) {
      if (error instanceof GitError) return false;
      throw error;
    }
  }

  /** Lets git pack what has piled up, where that is much. */
  async tidy(signal?: AbortSignal): Promise<void> {
    await this.#git([
      "-c",
      "gc.auto=2000",
      "-c",
      "gc.autoDetach=false",
      "gc",
      "--auto",
      "--quiet",
    ], {
      what: "Cannot tidy the mirror",
      signal,
      timeout: 300_000,
    });
  }

  /** Throws the copy away. */
  async reset(): Promise<void> {
    this.#opened = false;
    await Deno.remove(this.dir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #open(signal?: AbortSignal): Promise<void> {
    if (this.#opened) return;
    // `init` on what is there already changes nothing.
    await runGit(
      ["init", "--quiet", "--bare", "--template=", "--", this.dir],
      { what: `Cannot make the mirror of ${this.remote.url}`, signal },
    );
    // No other process works here: these are of one that was killed.
    for (const name of ["shallow.lock", "packed-refs.lock", `${REF}.lock`]) {
      await Deno.remove(`${this.dir}/${name}`).catch(() => {});
    }
    this.#opened = true;
  }

  async #fetch(branch: string, options: RemoteOptions): Promise<string> {
    const what = `Cannot fetch branch ${branch} of ${this.remote.url}`;
    await this.#git([
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--force",
      "--depth=1",
      "--update-shallow",
      "--",
      this.remote.url,
      `+refs/heads/${branch}:${REF}`,
    ], {
      what,
      env: options.credentials.env,
      signal: options.signal,
      timeout: 600_000,
    });
    const out = await this.#git(["rev-parse", "--verify", `${REF}^{commit}`], {
      what,
      signal: options.signal,
    });
    return new TextDecoder().decode(out).trim();
  }

  #git(
    args: string[],
    options: {
      what: string;
      env?: Record<string, string>;
      signal?: AbortSignal;
      timeout?: number;
    },
  ): Promise<Uint8Array> {
    return runGit(args, { gitDir: this.dir, ...options });
  }
}

/** Whether it is the mirror that is broken, rather than the remote or the way there. */
export function isBroken(error: unknown): boolean {
  return error instanceof GitError &&
    /\block|\.lock|broken|shallow|corrupt|bad object|not a valid object|missing (blob|tree|object|necessary)|not a git repository: |loose object|packfile|inflate/i
      .test(error.detail);
}
