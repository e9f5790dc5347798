import { dirname, join } from "node:path";

/** Who commits in the demo. */
const AUTHOR = {
  GIT_AUTHOR_NAME: "Faros demo",
  GIT_AUTHOR_EMAIL: "demo@example.com",
  GIT_COMMITTER_NAME: "Faros demo",
  GIT_COMMITTER_EMAIL: "demo@example.com",
};

/** A bare repository, and a clone of it to work in. */
export interface FleetRepository {
  /** Folder of the bare repository. */
  readonly bare: string;
  /** Folder of the clone. */
  readonly clone: string;
  /** URL that the hub fetches from. */
  readonly url: string;
  /** Text of a file of the clone. */
  read(path: string): Promise<string>;
  /** Writes files (null deletes one) and commits. Resolves to the commit. */
  commit(
    message: string,
    files: Record<string, string | null>,
  ): Promise<string>;
  /** Pushes what is committed. */
  push(): Promise<void>;
}

/** Makes a bare repository below `dir` with the files of `source` as its first commit. */
export async function createFleetRepository(
  dir: string,
  options: { source: URL; signal?: AbortSignal },
): Promise<FleetRepository> {
  const bare = join(dir, "fleet.git");
  const clone = join(dir, "fleet");
  const git = (...args: string[]) => runGit(args, { signal: options.signal });
  await git("init", "--quiet", "--bare", "--initial-branch=main", bare);
  await git("init", "--quiet", "--initial-branch=main", clone);
  await git("-C", clone, "remote", "add", "origin", bare);
  // So that whoever tries `git commit` in it needs no configuration.
  await git("-C", clone, "config", "user.name", AUTHOR.GIT_AUTHOR_NAME);
  await git("-C", clone, "config", "user.email", AUTHOR.GIT_AUTHOR_EMAIL);
  await copyFolder(options.source, clone);
  const repository: FleetRepository = {
    bare,
    clone,
    url: `file://${bare}`,
    read: (path) => Deno.readTextFile(join(clone, path)),
    async commit(message, files) {
      for (const [path, text] of Object.entries(files)) {
        const file = join(clone, path);
        if (text === null) {
          await Deno.remove(file, { recursive: true });
          continue;
        }
        await Deno.mkdir(dirname(file), { recursive: true });
        await Deno.writeTextFile(file, text);
      }
      await git("-C", clone, "add", "--all");
      await git("-C", clone, "commit", "--quiet", "--message", message);
      return (await git("-C", clone, "rev-parse", "HEAD")).trim();
    },
    async push() {
      await git("-C", clone, "push", "--quiet", "origin", "HEAD:main");
    },
  };
  await repository.commit("A fleet of three devices", {});
  await repository.push();
  return repository;
}

/** Runs git apart from the user's own configuration. */
async function runGit(
  args: string[],
  options: { signal?: AbortSignal | undefined },
): Promise<string> {
  let output;
  try {
    output = await new Deno.Command("git", {
      args,
      env: {
        ...AUTHOR,
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_SYSTEM: "/dev/null",
        GIT_TERMINAL_PROMPT: "0",
      },
      stdin: "null",
      ...(options.signal ? { signal: options.signal } : {}),
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("Cannot run git: it is not on the PATH. Install git.");
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    throw new Error(
      `git ${args.join(" ")} ended with exit code ${output.code}: ${
        decoder.decode(output.stderr).trim()
      }`,
    );
  }
  return decoder.decode(output.stdout);
}

/** Copies by reading: the source may stand inside of a compiled binary. */
async function copyFolder(source: URL, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  for await (const entry of Deno.readDir(source)) {
    const from = new URL(
      `${encodeURIComponent(entry.name)}${entry.isDirectory ? "/" : ""}`,
      source,
    );
    const to = join(target, entry.name);
    if (entry.isDirectory) await copyFolder(from, to);
    else await Deno.writeFile(to, await Deno.readFile(from));
  }
}
