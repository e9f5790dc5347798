/**
 * Runs the commands of a page of documentation, as a new user would.
 *
 * @module
 */
import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A code block of a page that is run: shell commands, or a file that those use. */
export type Block =
  | { commands: string; stays: boolean }
  | { file: string; content: string };

/**
 * The blocks to run: of "sh", where "sh stays" runs until it is ended, and those that name a file behind their
 * language.
 */
export function codeBlocks(markdown: string): Block[] {
  const fences = markdown.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms);
  return [...fences].flatMap(([, language, word, text]): Block[] => {
    if (language === "sh" && (!word || word === "stays")) {
      return [{ commands: text!, stays: word !== undefined }];
    }
    return word ? [{ file: word, content: text! }] : [];
  });
}

async function capture(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args }).output();
  return new TextDecoder().decode(stdout);
}

/** A PATH whose `npx` is this Deno, and a home of its own. Ports are free ones, since 6443 may be in use here. */
export async function newUser(dir: string): Promise<Record<string, string>> {
  const bin = join(dir, "bin");
  const home = join(dir, "home");
  const local = join(home, ".local", "bin");
  await Deno.mkdir(bin);
  await Deno.mkdir(local, { recursive: true });
  const root = fileURLToPath(new URL("..", import.meta.url));
  const npx = `#!/bin/sh\nshift 2\nexec '${Deno.execPath()}' "$@"\n`;
  await Deno.writeTextFile(join(bin, "npx"), npx, { mode: 0o755 });
  await Deno.symlink(Deno.execPath(), join(bin, "deno"));
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

/** Runs commands to their end; their output. */
export async function run(commands: string, options: Deno.CommandOptions) {
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
export async function start(
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

/** Why a page's commands cannot be run here; undefined where they can. */
export async function missingPrograms(): Promise<string | undefined> {
  for (const program of ["kubectl", "git", "bash"]) {
    try {
      await capture(program, ["--help"]);
    } catch {
      return `${program} is not on the PATH`;
    }
  }
}
