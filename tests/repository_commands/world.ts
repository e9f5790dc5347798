import assert from "node:assert/strict";
import { join } from "node:path";
import { Repository } from "../../api/repository.ts";
import { bufferIo } from "../../cli/io.ts";
import { main } from "../../cli/main.ts";
import { startUp, type Up } from "../../hub/mod.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import {
  type GitRepository,
  makeGitRepository,
} from "../gitops/git_repository.ts";
import { files } from "./fleet.ts";

/** For `eventually`: how long anything may take. */
export const WAIT = { timeout: 60_000 };

/** What a command line came to. */
interface Result {
  code: number;
  out: string;
  err: string;
}

/** A hub with its own API server, and a Git repository with a fleet. */
export class World implements AsyncDisposable {
  readonly dir: string;
  readonly up: Up;
  readonly git: GitRepository;
  /** The first commit of `git`. */
  readonly first: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    parts: {
      dir: string;
      up: Up;
      git: GitRepository;
      first: string;
      stack: AsyncDisposableStack;
    },
  ) {
    this.dir = parts.dir;
    this.up = parts.up;
    this.git = parts.git;
    this.first = parts.first;
    this.#stack = parts.stack;
  }

  static async start(): Promise<World> {
    await using stack = new AsyncDisposableStack();
    const dir = await Deno.makeTempDir({ prefix: "faros-repository-" });
    stack.defer(() => Deno.remove(dir, { recursive: true }));
    const git = stack.use(await makeGitRepository());
    const up = stack.use(await startUp({ dataDir: join(dir, "data") }));
    await up.leading;
    const first = await git.push(files);
    return new World({ dir, up, git, first, stack: stack.move() });
  }

  /** Ends something before the hub does. */
  defer(end: () => Promise<void>): void {
    this.#stack.defer(end);
  }

  /** Runs `faros repository …`. */
  async run(
    args: string[],
    options: { stdin?: string; signal?: AbortSignal } = {},
  ): Promise<Result> {
    const io = bufferIo(options);
    const code = await main([
      "repository",
      ...args,
      ...["--kubeconfig", this.up.kubeconfigPath],
    ], { io, ...(options.signal ? { signal: options.signal } : {}) });
    return { code, out: io.stdout, err: io.stderr };
  }

  /** The same of what has to succeed. */
  async ok(...args: string[]): Promise<string> {
    const { code, out, err } = await this.run(args);
    assert.equal(code, 0, err);
    return out;
  }

  /** The Repository that {@linkcode files} are in, once it is created. */
  async fleet(): Promise<Repository> {
    return await this.up.client.get<Repository>(Repository, "fleet");
  }

  /** Waits until all of a commit is applied. */
  async applied(commit: string): Promise<void> {
    await eventually(
      async () => (await this.fleet()).status?.appliedCommit === commit,
      { ...WAIT, what: `commit ${commit} is applied` },
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
