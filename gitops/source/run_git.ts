import { failureReason } from "./failure_reason.ts";
import { SourceError, type SourceReason } from "./source_error.ts";

/** A git command that failed. */
export class GitError extends SourceError {
  override name = "GitError";

  /** @param detail What git said, one line. */
  constructor(
    what: string,
    detail: string,
    reason: SourceReason = "FetchFailed",
  ) {
    super(reason, what, detail);
  }
}

/** Options of {@linkcode runGit}. */
export interface RunGitOptions {
  /** What is being done, for the error: `Cannot fetch /srv/fleet.git`. */
  what: string;
  /** The repository (GIT_DIR). */
  gitDir?: string;
  /** Environment besides the fixed one, which takes nothing from ours but PATH. */
  env?: Record<string, string>;
  stdin?: Uint8Array;
  /** Milliseconds until it is killed. @default {60000} */
  timeout?: number;
  /** Most bytes of output. @default {256 MiB} */
  maxBytes?: number;
  /** Host and port of the proxy on the way, to tell its failures from the server's. */
  proxy?: { host: string; port: string };
  /** What must not show in an error, though the far side sends it. */
  redact?: readonly string[];
  /** Kills it. */
  signal?: AbortSignal;
}

/** Environment of commands that are not to fetch, one by one, what was left out of a mirror. */
export const LOCAL = { GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "none" };

/** Bytes that are read at a time, at most. */
const CHUNK = 64 * 1024;
/** How long git gets to clean up after SIGTERM, in milliseconds. */
const GRACE = 2000;

/**
 * Runs the `git` binary, apart from the user's own set-up: no configuration
 * but what `env` names, no prompts, no hooks, no transports but the known.
 *
 * @returns What it wrote to standard output.
 * @throws {GitError} where it fails, or takes too long, with its reason
 */
export async function runGit(
  args: string[],
  options: RunGitOptions,
): Promise<Uint8Array> {
  return (await runGitVerbosely(args, options)).stdout;
}

/** As {@linkcode runGit}; returns also what it wrote to standard error. */
export async function runGitVerbosely(
  args: string[],
  options: RunGitOptions,
): Promise<{ stdout: Uint8Array; stderr: string }> {
  const { what, signal, timeout = 60_000, maxBytes = 256 * 2 ** 20 } = options;
  signal?.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("git", {
      args,
      clearEnv: true,
      env: environment(options),
      stdin: options.stdin ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      // A process group of its own, without a terminal that ssh could ask at.
      detached: true,
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GitError(
      what,
      "there is no git on the PATH; install it",
      "ProgramMissing",
    );
  }
  let killed: { why: string; reason: SourceReason } | undefined;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const ending: Promise<unknown>[] = [];
  const kill = (why: string, reason: SourceReason) => {
    if (killed) return;
    killed = { why, reason };
    ending.push(endGroup(child, "TERM"));
    timers.push(
      setTimeout(() => ending.push(endGroup(child, "KILL")), GRACE),
    );
  };
  const onAbort = () => kill("it was stopped", "FetchFailed");
  signal?.addEventListener("abort", onAbort, { once: true });
  timers.push(
    setTimeout(
      () => kill(`it took longer than ${timeout / 1000} s`, "Timeout"),
      timeout,
    ),
  );
  try {
    const [out, err, status] = await Promise.all([
      collect(child.stdout, {
        max: maxBytes,
        onExceeded: () =>
          kill(`its output is larger than ${maxBytes} bytes`, "TooLarge"),
      }),
      collect(child.stderr, { max: 64 * 1024, onExceeded: () => {} }),
      child.status,
      feed(child, options.stdin),
    ]);
    signal?.throwIfAborted();
    if (killed) throw new GitError(what, killed.why, killed.reason);
    const stderr = redacted(new TextDecoder().decode(err), options.redact);
    if (!status.success) {
      throw new GitError(
        what,
        detail(stderr, status),
        failureReason(stderr, options),
      );
    }
    return { stdout: out, stderr };
  } finally {
    signal?.removeEventListener("abort", onAbort);
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(ending);
  }
}

function environment(options: RunGitOptions): Record<string, string> {
  const path = Deno.env.get("PATH");
  return {
    ...(path ? { PATH: path } : {}),
    // Messages are matched and shown: one language.
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "true",
    SSH_ASKPASS: "true",
    GIT_ALLOW_PROTOCOL: "file:https:http:ssh",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    ...(options.gitDir ? { GIT_DIR: options.gitDir } : {}),
    ...options.env,
  };
}

/**
 * Ends git and all that it started: by itself it leaves ssh and the helper
 * for https waiting for a server that says nothing. Signals to other
 * processes than a child take a right to run everything, so a shell of git's
 * sends it.
 */
async function endGroup(
  child: Deno.ChildProcess,
  signal: "TERM" | "KILL",
): Promise<void> {
  if (Deno.build.os === "windows") {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    return;
  }
  await new Deno.Command("git", {
    args: ["-c", `alias.end=!kill -s ${signal} -- -${child.pid}`, "end"],
    clearEnv: true,
    env: environment({ what: "" }),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn().status;
}

function redacted(text: string, secrets: readonly string[] = []): string {
  for (const secret of secrets) text = text.replaceAll(secret, "…");
  return text;
}

async function feed(child: Deno.ChildProcess, bytes?: Uint8Array) {
  if (!bytes) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // It ended before it read all; its status tells why.
  }
}

/**
 * Reads to the end, keeping the first `max` bytes. Into one buffer: a stream by
 * itself takes a new one of 64 KiB for each few bytes that git writes.
 */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  limit: { max: number; onExceeded: () => void },
): Promise<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  let chunk = new Uint8Array(CHUNK);
  let all = new Uint8Array(CHUNK);
  let size = 0;
  for (;;) {
    const { value, done } = await reader.read(chunk);
    if (done) return all.subarray(0, size);
    chunk = new Uint8Array(value.buffer);
    if (size + value.length > limit.max) {
      limit.onExceeded();
      continue;
    }
    if (size + value.length > all.length) {
      const larger = new Uint8Array(all.length * 2);
      larger.set(all);
      all = larger;
    }
    all.set(value, size);
    size += value.length;
  }
}

/** The lines of git's that say what is wrong, without its advice. */
function detail(stderr: string, status: Deno.CommandStatus): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter(Boolean);
  const telling = lines.filter((line) =>
    /^(fatal|error|remote|ssh|[\w.@-]+: Permission denied|Host key|No \S+ host key|Permission)/i
      .test(line) &&
    !/^remote: (Enumerating|Counting|Compressing|Total)/.test(line)
  );
  const text = (telling.length ? telling : lines).slice(0, 4).join("; ")
    // Whatever the far side says, no credentials get out by it.
    .replace(/(?<=\/\/)[^/\s@]+@/g, "")
    .slice(0, 500);
  return text || `git ended with ${status.signal ?? `code ${status.code}`}`;
}
