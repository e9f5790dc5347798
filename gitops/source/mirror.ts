import type { GitCredentials } from "./credentials.ts";
import { refPatterns, selectTip, type SourceRef, type Tip } from "./ref.ts";
import type { Remote } from "./remote.ts";
import { GitError, LOCAL, runGit } from "./run_git.ts";

/** Where the mirror keeps what it fetched. */
const REF = "refs/faros/fetched";
/** Where it looks for a commit that the remote gives by no name. */
const ALL = "refs/faros/all";

/** Options of a {@linkcode Mirror}. */
export interface MirrorOptions {
  remote: Remote;
  /** The bare repository; it is a cache, and made anew where it is broken. */
  dir: string;
  /** Contents that are larger are fetched only when asked for by name, in bytes. */
  maxFileBytes: number;
  /**
   * Bytes from which on it is made anew, where it has grown to thrice what it
   * was when it was new. @default {64 MiB}
   */
  renewFrom?: number;
}

/** Options of what talks to the remote. */
export interface RemoteOptions {
  credentials: GitCredentials;
  /** Milliseconds. */
  timeout: number;
  signal?: AbortSignal;
}

/** How many times as large as when it was new a mirror is made anew. */
const GROWTH = 3;
/** Objects that are no part of a pack, and packs, before they are packed together. */
const LOOSE = 2000;
const PACKS = 50;
/** Refs that an error names. */
const MAX_NAMED = 5;

/**
 * A bare, shallow copy of one commit of a remote repository: without its
 * history, and, where the remote can leave them out, without the contents that
 * nobody asked for.
 */
export class Mirror {
  readonly remote: Remote;
  readonly dir: string;
  readonly #url: string;
  readonly #maxFileBytes: number;
  readonly #renewFrom: number;
  #opened = false;
  /** The object that was fetched last, where that is known. */
  #current?: string;
  /** Whether contents are left out, which a remote may refuse. */
  #partial = true;

  constructor(options: MirrorOptions) {
    this.remote = options.remote;
    // Git remembers by the URL that contents are left out, and takes no path
    // for that.
    const { url } = options.remote;
    this.#url = url.startsWith("/")
      ? `file://${url.replaceAll("%", "%25")}`
      : url;
    this.dir = options.dir;
    this.#maxFileBytes = options.maxFileBytes;
    this.#renewFrom = options.renewFrom ?? 64 * 2 ** 20;
  }

  /**
   * Where a ref is, asked of the remote.
   *
   * @throws {GitError} RefNotFound, saying what there is instead
   */
  async tip(ref: SourceRef, options: RemoteOptions): Promise<Tip> {
    const what = `Cannot look for ${ref.text} in ${this.remote.url}`;
    const patterns = refPatterns(ref);
    const refs = patterns.length
      ? await this.#list(patterns, { ...options, what })
      : new Map();
    const tip = selectTip(refs, ref);
    if (tip) return tip;
    throw new GitError(
      what,
      await this.#whatThereIs(ref, { ...options, what }),
      "RefNotFound",
    );
  }

  /**
   * Fetches what a ref names: only that commit, and of it only what is new.
   *
   * @param options.sparse Whether only some of its contents will be read
   * @returns The object that was fetched: the ref may have moved meanwhile.
   */
  async fetch(
    tip: Tip,
    options: RemoteOptions & { sparse: boolean },
  ): Promise<string> {
    const { signal } = options;
    const fetch = async () => {
      await this.#open(tip, signal);
      const isNew = await this.#readCurrent(signal) === undefined;
      this.#current = undefined;
      await this.#fetch(tip, { ...options, isNew });
      if (isNew) await this.#noteSize();
      return (await this.#readCurrent(signal))!;
    };
    if (await this.#hasGrown()) await this.reset();
    try {
      return await fetch();
    } catch (error) {
      // A process killed in mid-fetch leaves locks and halves behind, and a
      // cache is not worth a person's time: once more, from nothing.
      if (!isBroken(error)) throw error;
      await this.reset();
      return await fetch();
    }
  }

  /** Whether what a tip names is what was fetched last. */
  async has(tip: Tip, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#open(tip, signal);
      return await this.#readCurrent(signal) === tip.oid;
    } catch (error) {
      if (error instanceof GitError) return false;
      throw error;
    }
  }

  /** The commit that an object is, or is a tag of. */
  async commitOf(oid: string, signal?: AbortSignal): Promise<string> {
    const commit = ["rev-parse", "--verify", "--quiet", `${oid}^{commit}`];
    try {
      return await this.#text(commit, { signal });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      const type = await this.#text(["cat-file", "-t", `${oid}^{}`], {
        signal,
      });
      throw new GitError(
        `Cannot read ${oid.slice(0, 12)} of ${this.remote.url}`,
        `it is a ${type}, no commit`,
        "RefNotFound",
      );
    }
  }

  /** Fetches those of some contents of a commit that were left out, at once. */
  async provide(
    oids: readonly string[],
    options: RemoteOptions & { commit: string; tip: Tip },
  ): Promise<void> {
    if (!this.#partial || oids.length === 0) return;
    const { commit, tip, signal } = options;
    const missing = await this.#missing(commit, signal);
    const wanted = [...new Set(oids)].filter((oid) => missing.has(oid));
    if (wanted.length === 0) return;
    try {
      await this.#runFetch(
        ["--filter=blob:none", "--stdin", "--", this.#url],
        {
          ...options,
          what: `Cannot fetch ${wanted.length} files of commit ${
            commit.slice(0, 12)
          } of ${this.remote.url}`,
          stdin: new TextEncoder().encode(wanted.join("\n") + "\n"),
          // What is here tells nothing of what is wanted.
          config: ["-c", "fetch.negotiationAlgorithm=noop"],
        },
      );
    } catch (error) {
      if (!(error instanceof GitError) || error.reason !== "RefNotFound") {
        throw error;
      }
      // A remote that leaves out, and then gives nothing by its hash.
      this.#partial = false;
      await this.reset();
      await this.fetch(tip, { ...options, sparse: false });
    }
  }

  /** Lets git pack what has piled up, where that is much. */
  async tidy(signal?: AbortSignal): Promise<void> {
    if (!await this.#hasPiledUp()) return;
    await this.#git(
      [
        ...["-c", `gc.auto=${LOOSE}`, "-c", `gc.autoPackLimit=${PACKS}`],
        ...["-c", "gc.autoDetach=false"],
        ...["gc", "--auto", "--quiet"],
      ],
      { what: "Cannot tidy the mirror", signal, timeout: 300_000, env: LOCAL },
    );
  }

  /** Whether git would find so, which takes a process: one of 256 folders tells of all. */
  async #hasPiledUp(): Promise<boolean> {
    const count = async (folder: string) => {
      let found = 0;
      try {
        for await (const { name } of Deno.readDir(`${this.dir}/${folder}`)) {
          if (!name.includes(".") || name.endsWith(".pack")) found++;
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return found;
    };
    return await count("objects/17") > LOOSE / 256 ||
      await count("objects/pack") > PACKS;
  }

  /** Throws the copy away. */
  async reset(): Promise<void> {
    this.#opened = false;
    this.#current = undefined;
    await Deno.remove(this.dir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #open(tip: Tip, signal?: AbortSignal): Promise<void> {
    if (this.#opened) return;
    const format = tip.oid.length === 64 ? "sha256" : "sha1";
    // `init` on what is there already changes nothing.
    await runGit(
      [
        ...["init", "--quiet", "--bare", "--template="],
        ...[`--object-format=${format}`, "--", this.dir],
      ],
      { what: `Cannot make the mirror of ${this.remote.url}`, signal },
    );
    // No other process works here: these are of one that was killed.
    for (const name of ["shallow.lock", "packed-refs.lock", `${REF}.lock`]) {
      await Deno.remove(`${this.dir}/${name}`).catch(() => {});
    }
    await this.#removeHalves();
    this.#opened = true;
  }

  async #fetch(
    tip: Tip,
    options: RemoteOptions & { sparse: boolean; isNew: boolean },
  ): Promise<void> {
    const what = `Cannot fetch ${tip.ref} of ${this.remote.url}`;
    // What is fetched first is most of it, and most of it may not be needed;
    // later it is little, and not worth asking twice.
    const filter = !this.#partial
      ? []
      : options.sparse || options.isNew
      ? ["--filter=blob:none"]
      : [`--filter=blob:limit=${this.#maxFileBytes + 1}`];
    const fetch = (args: string[], from: string[]) =>
      this.#runFetch(
        ["--force", ...args, ...filter, "--", this.#url, ...from],
        { ...options, what },
      );
    try {
      await fetch(["--depth=1", "--update-shallow"], [`+${tip.ref}:${REF}`]);
    } catch (error) {
      const byHash = tip.ref === tip.oid;
      if (
        !byHash || !(error instanceof GitError) ||
        error.reason !== "RefNotFound"
      ) throw error;
      // Not every server gives a commit by its hash: then it is looked for in
      // the history of all that has a name.
      await fetch(
        (await this.#isShallow()) ? ["--unshallow"] : [],
        [`+refs/heads/*:${ALL}/heads/*`, `+refs/tags/*:${ALL}/tags/*`],
      );
      const commit = await this.#text(
        ["rev-parse", "--verify", "--quiet", `${tip.oid}^{commit}`],
      ).catch(() => {
        throw new GitError(
          what,
          "no branch or tag of it leads to this commit",
          "RefNotFound",
        );
      });
      await this.#git(["update-ref", REF, commit], { what });
    }
  }

  async #runFetch(
    args: string[],
    options: RemoteOptions & {
      what: string;
      stdin?: Uint8Array;
      config?: string[];
    },
  ): Promise<void> {
    const { what, stdin, config = [] } = options;
    try {
      await this.#git(
        [
          ...config,
          ...["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"],
          ...args,
        ],
        this.#remotely(options, { what, stdin }),
      );
    } catch (error) {
      await this.#removeHalves();
      throw error;
    }
  }

  async #list(
    patterns: string[],
    options: RemoteOptions & { what: string },
  ): Promise<Map<string, string>> {
    const out = await runGit(
      ["ls-remote", "--quiet", "--", this.#url, ...patterns],
      this.#remotely(options, { what: options.what, maxBytes: 64 * 2 ** 20 }),
    );
    const refs = new Map<string, string>();
    for (const line of new TextDecoder().decode(out).split("\n")) {
      // The patterns also match refs that end so.
      const [oid, ref] = line.split("\t");
      if (oid && ref) refs.set(ref, oid);
    }
    return refs;
  }

  /** Why a ref is not there, as far as it can be told. */
  async #whatThereIs(
    ref: SourceRef,
    options: RemoteOptions & { what: string },
  ): Promise<string> {
    const refs = await this.#list([], options);
    if (refs.size === 0) return "the repository is empty";
    const under = ref.kind === "branch" ? "refs/heads/" : "refs/tags/";
    const names = [...refs.keys()].filter((r) =>
      r.startsWith(under) && !r.endsWith("^{}")
    ).map((r) => r.slice(under.length));
    const plural = ref.kind === "branch" ? "branches" : "tags";
    const more = names.length > MAX_NAMED
      ? ` and ${names.length - MAX_NAMED} more`
      : "";
    const named = names.slice(0, MAX_NAMED).join(", ");
    const there = ref.kind === "name"
      ? ""
      : names.length
      ? `; its ${plural} are ${named}${more}`
      : `; it has no ${plural}`;
    return `${
      ref.kind === "semver" ? "no tag is in that range" : "it is not there"
    } (deleted or renamed?)${there}`;
  }

  /** Contents of a commit that were left out. */
  async #missing(
    commit: string,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>> {
    const text = await this.#text([
      ...["rev-list", "--objects", "--no-object-names", "--missing=print"],
      ...["--no-walk", commit],
    ], { signal });
    return new Set(
      text.split("\n").filter((line) => line.startsWith("?")).map((line) =>
        line.slice(1)
      ),
    );
  }

  /** What was fetched last. */
  async #readCurrent(signal?: AbortSignal): Promise<string | undefined> {
    this.#current ??= await this.#readRef() ?? await this.#text(
      ["for-each-ref", "--format=%(objectname)", REF],
      { signal },
    );
    return this.#current || undefined;
  }

  /** It where git keeps it as a rule; a process would be started for more. */
  async #readRef(): Promise<string | undefined> {
    const text = await Deno.readTextFile(`${this.dir}/${REF}`).catch(() => "");
    return /^[0-9a-f]{40,64}$/.test(text.trim()) ? text.trim() : undefined;
  }

  async #isShallow(): Promise<boolean> {
    return await this.#text(["rev-parse", "--is-shallow-repository"]) ===
      "true";
  }

  /** What a fetch that failed left behind; git keeps it for two weeks. */
  async #removeHalves(): Promise<void> {
    try {
      for await (const { name } of Deno.readDir(`${this.dir}/objects/pack`)) {
        if (!name.startsWith("tmp_")) continue;
        await Deno.remove(`${this.dir}/objects/pack/${name}`);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /**
   * Whether what is of no use any more is most of it: git never lets go of
   * what it could fetch again.
   */
  async #hasGrown(): Promise<boolean> {
    const fresh = await Deno.readTextFile(`${this.dir}/faros-size`)
      .catch(() => "");
    if (!fresh) return false;
    const size = await this.#size();
    return size > this.#renewFrom && size > GROWTH * Number(fresh);
  }

  async #noteSize(): Promise<void> {
    await Deno.writeTextFile(
      `${this.dir}/faros-size`,
      String(await this.#size()),
    );
  }

  /** Bytes of its packs, which are nearly all of it. */
  async #size(): Promise<number> {
    const packs = `${this.dir}/objects/pack`;
    let size = 0;
    for await (const { name } of Deno.readDir(packs)) {
      size += (await Deno.stat(`${packs}/${name}`)).size;
    }
    return size;
  }

  async #text(
    args: string[],
    options: { signal?: AbortSignal } = {},
  ): Promise<string> {
    const out = await this.#git(args, {
      what: `Cannot read the mirror of ${this.remote.url}`,
      env: LOCAL,
      ...options,
    });
    return new TextDecoder().decode(out).trim();
  }

  #remotely<T extends { what: string }>(options: RemoteOptions, more: T) {
    const { credentials, timeout, signal } = options;
    return { ...credentials.git, timeout, signal, ...more };
  }

  #git(
    args: string[],
    options: Parameters<typeof runGit>[1],
  ): Promise<Uint8Array> {
    return runGit(args, { gitDir: this.dir, ...options });
  }
}

/** Whether it is the mirror that is broken, rather than the remote or the way there. */
export function isBroken(error: unknown): boolean {
  return error instanceof GitError && error.reason === "FetchFailed" &&
    /\block|\.lock|broken|shallow|corrupt|bad object|not a valid object|missing (blob|tree|object|necessary)|not a git repository: |different hash|mismatched algorithms|loose object|packfile|inflate/i
      .test(error.detail);
}
