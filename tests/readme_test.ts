/**
 * Runs every command of the README, as a new user would.
 *
 * @module
 */
import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A block of shell commands of the README. */
interface Block {
  /** Whether it runs until it is ended. */
  stays: boolean;
  commands: string;
}

function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```sh( stays)?\n(.*?)^```$/gms)].map((m) => ({
    stays: m[1] !== undefined,
    commands: m[2]!,
  }));
}

async function capture(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args }).output();
  return new TextDecoder().decode(stdout);
}

/** A PATH whose `npx` is this Deno, and a home of its own. Ports are free ones, since 6443 may be in use here. */
async function newUser(dir: string): Promise<Record<string, string>> {
  const bin = join(dir, "bin");
  const home = join(dir, "home");
  const local = join(home, ".local", "bin");
  await Deno.mkdir(bin);
  await Deno.mkdir(local, { recursive: true });
  const npx = `#!/bin/sh\nshift 2\nexec '${Deno.execPath()}' "$@"\n`;
  await Deno.writeTextFile(join(bin, "npx"), npx, { mode: 0o755 });
  const info = JSON.parse(await capture(Deno.execPath(), ["info", "--json"]));
  return {
    HOME: home,
    DENO_DIR: info.denoDir,
    PATH: [bin, local, Deno.env.get("PATH")].join(delimiter),
    GIT_AUTHOR_NAME: "Ann",
    GIT_AUTHOR_EMAIL: "ann@example.com",
    GIT_COMMITTER_NAME: "Ann",
    GIT_COMMITTER_EMAIL: "ann@example.com",
    FAROS_ROOT: root,
  };
}

async function run(commands: string, options: Deno.CommandOptions) {
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    ...options,
    args: ["-euo", "pipefail", "-c", commands],
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  assert.ok(success, `${commands}\n${text}`);
  return text;
}

/** Starts what stays; resolves when its output has `ready`. */
async function start(
  commands: string,
  options: Deno.CommandOptions & { ready?: RegExp },
): Promise<Disposable & { ended(): Promise<void> }> {
  const child = new Deno.Command("bash", {
    ...options,
    args: ["-c", `exec ${commands}`],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const ready = Promise.withResolvers<void>();
  if (!options.ready) ready.resolve();
  const read = (async () => {
    let text = "";
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of lines) {
      text += part;
      if (options.ready?.test(text)) ready.resolve();
    }
    ready.reject(new Error(`${commands} ended: ${text}`));
  })();
  ready.promise.catch(() => {}); // said where it is awaited
  await ready.promise;
  return {
    [Symbol.dispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended.
      }
    },
    async ended() {
      await child.status;
      await read;
    },
  };
}

Deno.test("README names the tasks that there are", async () => {
  const readme = await Deno.readTextFile(join(root, "README.md"));
  const { tasks } = JSON.parse(
    await Deno.readTextFile(join(root, "deno.json")),
  );
  const named = [...readme.matchAll(/task ([a-z:-]+)/g)].map((m) => m[1]!);
  assert.ok(named.includes("demo") && named.includes("test"));
  for (const task of named) assert.ok(tasks[task], `no task ${task}`);
});

const missing = await (async () => {
  for (const program of ["kubectl", "git", "bash"]) {
    try {
      await capture(program, ["--help"]);
    } catch {
      return `: skipped, ${program} is not on the PATH`;
    }
  }
})();

Deno.test({
  name: `README's first fleet runs as written${missing ?? ""}`,
  ignore: missing !== undefined,
  async fn() {
    const readme = await Deno.readTextFile(join(root, "README.md"));
    const [, section] = readme.split("## A first fleet");
    const dir = await Deno.makeTempDir({ prefix: "faros-readme-" });
    const env = await newUser(dir);
    const running: Awaited<ReturnType<typeof start>>[] = [];
    const outputs: string[] = [];
    try {
      for (const { stays, commands } of blocks(section!)) {
        // Tasks are of the checkout; everything else happens in the user's folder. Port 9100, where the device's
        // metrics are, may be in use here.
        const here = commands
          .replaceAll(/^(npx .*)$/gm, '(cd "$FAROS_ROOT" && $1)')
          .replaceAll("interval: 10s", "interval: 10s, listen: '127.0.0.1:0'");
        if (!stays) {
          outputs.push(await run(here, { cwd: dir, env }));
        } else {
          const up = here.startsWith("faros up");
          running.push(
            await start(
              up ? `${here.trim()} --listen 127.0.0.1:0` : here.trim(),
              { cwd: dir, env, ready: up ? /^ready\b/m : undefined },
            ),
          );
        }
      }
      const seen = outputs.at(-1)!;
      assert.match(seen, /agent\.edge\.faros\.sh\/pi condition met/);
      assert.match(seen, /^home +pi +True +True +True +r-[0-9a-f]{40}/m);
    } finally {
      for (const process of running.reverse()) {
        process[Symbol.dispose]();
        await process.ended().catch(() => {});
      }
      await Deno.remove(dir, { recursive: true });
    }
  },
});
