import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bufferIo } from "../../io.ts";
import { main } from "../../main.ts";
import type { Preview } from "../../../hub/preview/preview_result.ts";

/** The example fleet, and pull requests on it. */
export const FIXTURES = new URL(
  "../../../fixtures/pull_requests/",
  import.meta.url,
);

/** Secrets of the example fleet and of the pull requests on it. */
export const SECRET = /s3cret/i;

/** A git repository with the example fleet committed. */
export class ExampleFleet implements AsyncDisposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "faros-plan-" });

  static async create(): Promise<ExampleFleet> {
    const fleet = new ExampleFleet();
    await fleet.git("init", "-q", "-b", "main");
    await copy(new URL("fleet/", FIXTURES), fleet.dir);
    await fleet.commit("The fleet");
    return fleet;
  }

  async git(...args: string[]): Promise<string> {
    const date = "2026-01-02T03:04:05Z";
    const { success, stdout, stderr } = await new Deno.Command("git", {
      args: ["-C", this.dir, "-c", "core.autocrlf=false", ...args],
      env: {
        HOME: this.dir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "Ann",
        GIT_AUTHOR_EMAIL: "ann@example.org",
        GIT_COMMITTER_NAME: "Ann",
        GIT_COMMITTER_EMAIL: "ann@example.org",
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  }

  /** Commits all that is there. @returns its hash */
  async commit(message: string): Promise<string> {
    await this.git("add", "-A");
    await this.git("commit", "-q", "-m", message);
    return await this.git("rev-parse", "HEAD");
  }

  async write(files: Record<string, string>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(this.dir, path)), { recursive: true });
      await Deno.writeTextFile(join(this.dir, path), text);
    }
  }

  /** Changes a file, which has to change by that. */
  async edit(
    path: string,
    change: (text: string) => string,
  ): Promise<void> {
    const old = await Deno.readTextFile(join(this.dir, path));
    const now = change(old);
    assert.notEqual(now, old, `nothing changes in ${path}`);
    await Deno.writeTextFile(join(this.dir, path), now);
  }

  /** Back to what is committed. */
  async reset(): Promise<void> {
    await this.git("reset", "-q", "--hard", "main");
    await this.git("clean", "-qfdx");
  }

  /** Runs `faros plan`. */
  async plan(...args: string[]) {
    const io = bufferIo();
    const code = await main(["plan", ...args, this.dir], { io });
    return { code, out: io.stdout, err: io.stderr };
  }

  /** What `faros plan` says, for programs. */
  async json(...args: string[]): Promise<Preview> {
    const { out, err } = await this.plan("-o", "json", ...args);
    assert.equal(err, "");
    return JSON.parse(out);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function copy(from: URL, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const target = join(to, entry.name);
    if (entry.isDirectory) {
      await Deno.mkdir(target);
      await copy(new URL(`${entry.name}/`, from), target);
    } else await Deno.copyFile(new URL(entry.name, from), target);
  }
}
