/** A real bare Git repository and a work tree to push to it from. */
export interface GitRepository extends AsyncDisposable {
  /** The bare repository. */
  path: string;
  /**
   * Writes files (null removes one), commits and pushes.
   *
   * @returns The commit.
   */
  push(
    files: Record<string, string | null>,
    options?: {
      force?: boolean;
      branch?: string;
      amend?: boolean;
      /** Of the commit. @default {"change"} */
      message?: string;
    },
  ): Promise<string>;
  /** Runs git in the work tree. */
  git(...args: string[]): Promise<string>;
}

/** Makes a {@linkcode GitRepository} in a folder of its own. */
export async function makeGitRepository(): Promise<GitRepository> {
  const dir = await Deno.makeTempDir({ prefix: "faros-git-" });
  const path = `${dir}/fleet.git`;
  const work = `${dir}/work`;
  const run = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args,
      env: {
        HOME: dir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "Ada",
        GIT_AUTHOR_EMAIL: "ada@example.org",
        GIT_COMMITTER_NAME: "Ada",
        GIT_COMMITTER_EMAIL: "ada@example.org",
      },
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`git ${args[0]}: ${text.decode(stderr)}`);
    return text.decode(stdout).trim();
  };
  const git = (...args: string[]) => run("-C", work, ...args);
  await run("init", "--quiet", "--bare", "--initial-branch=main", path);
  await run("init", "--quiet", "--initial-branch=main", work);
  await git("remote", "add", "origin", path);
  return {
    path,
    git,
    async push(files, options = {}) {
      const { force, branch = "main", amend, message = "change" } = options;
      for (const [name, content] of Object.entries(files)) {
        const file = `${work}/${name}`;
        if (content === null) {
          await Deno.remove(file, { recursive: true });
          continue;
        }
        await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
          recursive: true,
        });
        await Deno.writeTextFile(file, content);
      }
      await git("add", "--all");
      await git(
        ...["commit", "--quiet", "--allow-empty", "--message", message],
        ...(amend ? ["--amend"] : []),
      );
      await git(
        ...["push", "--quiet", ...(force ? ["--force"] : [])],
        ...["origin", `HEAD:refs/heads/${branch}`],
      );
      return await git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
