/** A real bare Git repository, and a work tree to push to it from. */
export interface TestRepository extends AsyncDisposable {
  /** A folder for anything. */
  dir: string;
  work: string;
  /** The bare repository: `DIR/fleet.git`. */
  path: string;
  /** Runs git in the work tree. @returns What it says */
  git(...args: string[]): Promise<string>;
  /**
   * Writes files, commits and pushes.
   *
   * @param options.args For `git commit`, such as `-S`
   * @returns The commit.
   */
  push(
    files: Record<string, string | Uint8Array>,
    options?: { force?: boolean; branch?: string; args?: string[] },
  ): Promise<string>;
}

/** Makes a {@linkcode TestRepository}. */
export async function makeRepository(
  options: {
    /** Whether fetches may leave contents out. @default {false} */
    filter?: boolean;
    /** @default {"sha1"} */
    hash?: "sha1" | "sha256";
    env?: Record<string, string>;
  } = {},
): Promise<TestRepository> {
  const dir = await Deno.makeTempDir({ prefix: "faros-source-" });
  const work = `${dir}/work`;
  const path = `${dir}/fleet.git`;
  const git = async (...args: string[]) => {
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", work, "-c", "user.name=A", "-c", "user.email=a@b", ...args],
      env: {
        HOME: dir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        ...options.env,
      },
    }).output();
    const text = new TextDecoder();
    if (!success) {
      throw new Error(`git ${args.join(" ")}: ${text.decode(stderr)}`);
    }
    return text.decode(stdout).trim();
  };
  await Deno.mkdir(work);
  const init = ["init", "-q", "-b", "main"];
  init.push(`--object-format=${options.hash ?? "sha1"}`);
  await git(...init);
  await git(...init, "--bare", path);
  if (options.filter) {
    await git("-C", path, "config", "uploadpack.allowFilter", "true");
  }
  return {
    dir,
    work,
    path,
    git,
    async push(files, { force, branch = "main", args = [] } = {}) {
      for (const [name, content] of Object.entries(files)) {
        const file = `${work}/${name}`;
        await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), {
          recursive: true,
        });
        if (typeof content === "string") {
          await Deno.writeTextFile(file, content);
        } else await Deno.writeFile(file, content);
      }
      await git("add", "-A");
      await git(
        ...["commit", "-q", "--allow-empty", "-m", "x"],
        ...(force ? ["--amend"] : []),
        ...args,
      );
      await git(
        ...["push", "-q", ...(force ? ["-f"] : []), path],
        `HEAD:refs/heads/${branch}`,
      );
      return await git("rev-parse", "HEAD");
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}
