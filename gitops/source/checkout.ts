import { dirname, join, relative, resolve } from "node:path";
import { GitError, runGit } from "./run_git.ts";

/** Branches that are taken for the default one where `origin` does not say which is. */
const DEFAULT_BRANCHES = [
  "refs/remotes/origin/HEAD",
  "refs/remotes/origin/main",
  "refs/remotes/origin/master",
  "refs/heads/main",
  "refs/heads/master",
];

/**
 * What no configuration of a checked out repository may bring about: it could
 * name programs to run (a file system monitor, hooks, ssh), and objects that
 * are missing could be fetched.
 */
const CONFINED: Record<string, string> = {
  GIT_NO_LAZY_FETCH: "1",
  GIT_ALLOW_PROTOCOL: "none",
  GIT_SSH_COMMAND: "false",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_CONFIG_COUNT: "4",
  GIT_CONFIG_KEY_0: "core.fsmonitor",
  GIT_CONFIG_VALUE_0: "false",
  GIT_CONFIG_KEY_1: "core.hooksPath",
  GIT_CONFIG_VALUE_1: "/dev/null",
  GIT_CONFIG_KEY_2: "core.attributesFile",
  GIT_CONFIG_VALUE_2: "/dev/null",
  GIT_CONFIG_KEY_3: "core.pager",
  GIT_CONFIG_VALUE_3: "cat",
};

/**
 * A git repository that somebody has checked out on this machine, to read: it
 * is changed in nothing, asks no network, and runs no program that its
 * configuration, its hooks or its attributes name. Commits are read through a
 * repository of our own, with a configuration of our own, that only borrows
 * the objects.
 */
export class Checkout implements AsyncDisposable {
  /** Top of the work tree. */
  readonly top: string;
  /** Where commits can be read, by `readTree`. */
  readonly gitDir: string;
  readonly #own: string;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    of: { top: string; gitDir: string; own: string; signal?: AbortSignal },
  ) {
    this.top = of.top;
    this.#own = of.own;
    this.gitDir = of.gitDir;
    this.#signal = of.signal;
  }

  /** Opens the repository that a path is in; undefined where it is in none. */
  static async open(
    path: string,
    options: { signal?: AbortSignal } = {},
  ): Promise<Checkout | undefined> {
    for (let top = resolve(path);; top = dirname(top)) {
      // Only by this name, which no commit can bring: a folder that looks like
      // a bare repository may be part of what is read.
      const own = await gitDirOf(join(top, ".git"));
      if (own) {
        const gitDir = await borrow(own, options);
        return new Checkout({ top, own, gitDir, ...options });
      }
      if (dirname(top) === top) return undefined;
    }
  }

  /** The commit that a revision names, as git names them. @throws {GitError} */
  async resolve(revision: string): Promise<string> {
    const what = `Cannot find revision ${JSON.stringify(revision)}`;
    try {
      return await this.#line([
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        `${revision}^{commit}`,
      ], { what, gitDir: this.#own });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new GitError(
        what,
        revision === "HEAD"
          ? "the current branch has no commit yet; commit something first"
          : "there is no such commit here; fetch it first, all of its history where the clone is shallow",
      );
    }
  }

  /**
   * Where a commit parted from the default branch: `origin/HEAD`, else main or
   * master of origin, else of this repository.
   *
   * @throws {GitError}
   */
  async mergeBase(commit: string): Promise<string> {
    const what = "Cannot find out what to compare with";
    for (const branch of DEFAULT_BRANCHES) {
      let tip: string;
      try {
        tip = await this.resolve(branch);
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        continue;
      }
      try {
        return await this.#line(["merge-base", tip, commit], {
          what,
          gitDir: this.gitDir,
        });
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        throw new GitError(
          what,
          `${branch.replace(/^refs\/(remotes|heads)\//, "")} and ${
            commit.slice(0, 12)
          } have no common commit here; name one by --base, or fetch all history where the clone is shallow`,
        );
      }
    }
    throw new GitError(
      what,
      "there is no branch origin/HEAD, main or master; name a revision by --base",
    );
  }

  /** Paths, from the top, of files that differ between two commits. */
  async changedFiles(base: string, head: string): Promise<string[]> {
    const out = await this.#run([
      "diff-tree",
      "-r",
      "-z",
      "--name-only",
      "--no-renames",
      base,
      head,
    ], { what: "Cannot compare two commits", gitDir: this.gitDir });
    return decode(out).split("\0").filter(Boolean);
  }

  /** Text of a file of a commit; undefined where it has no such file, or a link in its place. */
  async readFile(commit: string, path: string): Promise<string | undefined> {
    const what = `Cannot read ${path} of ${commit.slice(0, 12)}`;
    const entry = decode(
      await this.#run(["ls-tree", "-z", "--full-tree", commit, "--", path], {
        what,
        gitDir: this.gitDir,
      }),
    );
    const oid = /^100\d{3} blob ([0-9a-f]+)\t/.exec(entry)?.[1];
    if (!oid) return undefined;
    return decode(
      await this.#run(["cat-file", "blob", oid], {
        what,
        gitDir: this.gitDir,
        maxBytes: 3 * 2 ** 20,
      }),
    );
  }

  /** Whether a commit has a folder. */
  async hasFolder(commit: string, path: string): Promise<boolean> {
    const entry = decode(
      await this.#run(["ls-tree", "-z", "--full-tree", commit, "--", path], {
        what: `Cannot look for ${path} in ${commit.slice(0, 12)}`,
        gitDir: this.gitDir,
      }),
    );
    return entry.startsWith("040000 ");
  }

  /** Paths, from `folder`, of what git knows there or would add: what it ignores is left out. */
  async workFiles(folder: string): Promise<string[]> {
    const out = await this.#run([
      "ls-files",
      "-z",
      "--cached",
      "--others",
      "--exclude-standard",
      "--full-name",
      "--",
      folder || ".",
    ], {
      what: `Cannot list the files of ${this.top}`,
      gitDir: this.#own,
      cwd: this.top,
    });
    const prefix = folder ? `${folder}/` : "";
    return [
      ...new Set(
        decode(out).split("\0").filter((path) =>
          path && path.startsWith(prefix)
        ).map((path) => path.slice(prefix.length)),
      ),
    ];
  }

  /** A path from the top, with `/`: empty for the top itself. */
  pathOf(path: string): string {
    return relative(this.top, resolve(path)).replaceAll("\\", "/");
  }

  async #line(
    args: string[],
    options: { what: string; gitDir: string },
  ): Promise<string> {
    return decode(await this.#run(args, options)).trim().split("\n")[0]!;
  }

  #run(
    args: string[],
    options: { what: string; gitDir: string; cwd?: string; maxBytes?: number },
  ): Promise<Uint8Array> {
    const { cwd, ...rest } = options;
    return runGit(cwd ? ["-C", cwd, ...args] : args, {
      ...rest,
      env: { ...CONFINED, ...(cwd ? { GIT_WORK_TREE: cwd } : {}) },
      signal: this.#signal,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.gitDir, { recursive: true });
  }
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The repository behind `.git`: itself, or, of a linked work tree, what the file names. */
async function gitDirOf(path: string): Promise<string | undefined> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (info.isDirectory) return path;
  if (!info.isFile || info.size > 8192) return undefined;
  const named = /^gitdir: (.+)$/m.exec(await Deno.readTextFile(path))?.[1];
  return named && resolve(dirname(path), named.trim());
}

/** Makes a repository of nothing but a view of another's objects. @returns Its folder */
async function borrow(
  own: string,
  options: { signal?: AbortSignal },
): Promise<string> {
  const { signal } = options;
  const what = "Cannot read the repository";
  const [common = "", format = "sha1"] = decode(
    await runGit(
      [
        "rev-parse",
        "--path-format=absolute",
        "--git-common-dir",
        "--show-object-format",
      ],
      { what, gitDir: own, env: CONFINED, signal },
    ),
  ).trim().split("\n");
  const dir = await Deno.makeTempDir({ prefix: "faros-checkout-" });
  await Deno.mkdir(`${dir}/objects/info`, { recursive: true });
  await Deno.mkdir(`${dir}/refs`);
  await Deno.writeTextFile(`${dir}/HEAD`, "ref: refs/heads/none\n");
  await Deno.writeTextFile(
    `${dir}/config`,
    format === "sha1"
      ? "[core]\nrepositoryformatversion = 0\nbare = true\n"
      : `[core]\nrepositoryformatversion = 1\nbare = true\n[extensions]\nobjectformat = ${
        format.replaceAll(/\W/g, "")
      }\n`,
  );
  await Deno.writeTextFile(
    `${dir}/objects/info/alternates`,
    `${JSON.stringify(`${common}/objects`)}\n`,
  );
  try {
    await Deno.copyFile(`${common}/shallow`, `${dir}/shallow`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return dir;
}
