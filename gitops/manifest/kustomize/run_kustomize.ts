/** Longest time of one build where nothing else is said, in milliseconds. */
const TIMEOUT = 30_000;
/** Most bytes that one may write. */
const MAX_BYTES = 32 * 2 ** 20;

/** A build that failed, in Kustomize's words. */
export class KustomizeError extends Error {
  override name = "KustomizeError";
  /** Whether another try may go well: it was not the kustomization's fault. */
  readonly isTemporary: boolean;
  constructor(message: string, options: { isTemporary?: boolean } = {}) {
    super(message);
    this.isTemporary = options.isTemporary ?? false;
  }
}

/** There is no program that could do it. */
export class KustomizeMissing extends Error {
  override name = "KustomizeMissing";
}

/** Programs that build kustomizations, the better one first. */
const PROGRAMS: [string, string[]][] = [
  ["kustomize", ["build"]],
  ["kubectl", ["kustomize"]],
];

/**
 * Builds the kustomization in a folder, by `kustomize` or `kubectl kustomize`,
 * whichever there is: without our environment, with a bound on time and size,
 * without plugins, functions and charts, and without files from outside of a
 * kustomization's own folder other than whole bases.
 *
 * @returns The objects, as YAML.
 * @throws {KustomizeError} {@linkcode KustomizeMissing}
 */
export async function runKustomize(
  folder: string,
  options: { timeout?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const timeout = Math.min(TIMEOUT, options.timeout ?? TIMEOUT);
  if (timeout <= 0) {
    throw new KustomizeError(
      "the other kustomizations of the commit took too long",
      { isTemporary: true },
    );
  }
  for (const [program, args] of PROGRAMS) {
    const output = await tryRun(program, {
      args: [...args, "--load-restrictor=LoadRestrictionsRootOnly", "."],
      cwd: folder,
      ...options,
      timeout,
    });
    if (output !== undefined) return output;
  }
  throw new KustomizeMissing(
    "there is neither kustomize nor kubectl on the PATH to build it; install one of them, or commit what it builds in its place",
  );
}

/** @returns Nothing where there is no such program, or it may not be run. */
async function tryRun(
  program: string,
  options: {
    args: string[];
    cwd: string;
    timeout: number;
    signal?: AbortSignal;
  },
): Promise<string | undefined> {
  const { args, cwd, timeout, signal } = options;
  signal?.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args,
      cwd,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: "/nonexistent",
        LC_ALL: "C",
        // A file that makes it grow without end ends it, and not the hub.
        GOMEMLIMIT: "512MiB",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable
    ) return undefined;
    throw error;
  }
  let reason: string | undefined;
  const kill = (why: string) => {
    reason ??= why;
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  const onAbort = () => kill("it was stopped");
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(
    () => kill(`it took longer than ${Math.round(timeout / 1000)} s`),
    timeout,
  );
  try {
    const [out, err, status] = await Promise.all([
      collect(
        child.stdout,
        () => kill(`it wrote more than ${MAX_BYTES} bytes`),
      ),
      collect(child.stderr, () => {}),
      child.status,
    ]);
    signal?.throwIfAborted();
    if (reason) throw new KustomizeError(reason, { isTemporary: true });
    if (!status.success) throw new KustomizeError(explain(err));
    return out;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

async function collect(
  stream: ReadableStream<Uint8Array>,
  onExceeded: () => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > MAX_BYTES) onExceeded();
    else text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

/** What it says, on one line. */
function explain(stderr: string): string {
  const text = stderr.split("\n").filter((line) => !/^# Warning/.test(line))
    .map(withoutLogHeader).join(" ").replace(/\s+/g, " ").replace(
      /^Error: /i,
      "",
    ).trim();
  return text.slice(0, 600) || "it failed without a word";
}

/**
 * What a line of klog is about: some kubectl log their error, with a time and a
 * process id that make the same fault another message at each try.
 *
 * @see https://github.com/kubernetes/klog/blob/main/klog.go
 */
function withoutLogHeader(line: string): string {
  const [, quoted] =
    /^[EF]\d{4} [\d:.]+ +\d+ \S+\] "[^"]*" err=("(?:[^"\\]|\\.)*")$/.exec(
      line,
    ) ?? [];
  if (quoted === undefined) return line;
  try {
    return JSON.parse(quoted);
  } catch {
    return quoted; // Go quotes some characters otherwise.
  }
}
