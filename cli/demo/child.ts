/** Lines of output that are kept. */
const KEPT_LINES = 2000;

/** Options of {@linkcode startChild}. */
export interface ChildOptions {
  /** What to call it in messages: `agent press-1`. */
  name: string;
  env?: Record<string, string>;
  cwd?: string;
  /** Gets each line of its output. */
  onLine?: (line: string) => void;
}

/** A running program whose output is kept. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended and its output is read. */
  readonly ended: Promise<Deno.CommandStatus>;
  /** Set once it has ended. */
  readonly status: Deno.CommandStatus | undefined;
  /** Milliseconds since 1970 when it was started. */
  readonly startedAt: number;
  /** The last lines of its output. */
  tail(lines?: number): string;
  /**
   * Resolves to the first line that `pattern` matches, also of those that are
   * there already; rejects after `timeout` milliseconds, or when it ends.
   */
  waitForLine(
    pattern: RegExp,
    options: { timeout: number; signal?: AbortSignal },
  ): Promise<string>;
  /** Asks it to end (SIGTERM); kills it after `grace` milliseconds. @default {10000} */
  stop(options?: { grace?: number }): Promise<Deno.CommandStatus>;
  /** Kills it at once (SIGKILL). */
  kill(): Promise<Deno.CommandStatus>;
}

/** Starts a program. */
export function startChild(command: string[], options: ChildOptions): Child {
  const [program, ...args] = command as [string, ...string[]];
  const child = new Deno.Command(program, {
    args,
    env: options.env,
    cwd: options.cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  return new RunningChild(child, options);
}

class RunningChild implements Child {
  readonly name: string;
  readonly pid: number;
  readonly startedAt = Date.now();
  readonly ended: Promise<Deno.CommandStatus>;
  status: Deno.CommandStatus | undefined;
  readonly #child: Deno.ChildProcess;
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  constructor(child: Deno.ChildProcess, options: ChildOptions) {
    this.#child = child;
    this.name = options.name;
    this.pid = child.pid;
    if (options.onLine) this.#listeners.add(options.onLine);
    this.ended = Promise.all([
      child.status,
      this.#read(child.stdout),
      this.#read(child.stderr),
    ]).then(([status]) => this.status = status);
  }

  tail(lines = 20): string {
    return this.#lines.slice(-lines).join("\n");
  }

  async waitForLine(
    pattern: RegExp,
    options: { timeout: number; signal?: AbortSignal },
  ): Promise<string> {
    const there = this.#lines.find((line) => pattern.test(line));
    if (there !== undefined) return there;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const listener = (line: string) => {
      if (pattern.test(line)) resolve(line);
    };
    const fail = (why: string) =>
      reject(
        new Error(
          `${this.name} ${why} without saying ${pattern}. Its last lines:\n${this.tail()}`,
        ),
      );
    const seconds = options.timeout / 1000;
    const timer = setTimeout(() => fail(`ran ${seconds} s`), options.timeout);
    const onAbort = () => reject(options.signal!.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });
    if (options.signal?.aborted) onAbort();
    this.#listeners.add(listener);
    this.ended.then(({ code }) => fail(`ended with exit code ${code}`));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      this.#listeners.delete(listener);
    }
  }

  async stop(options: { grace?: number } = {}): Promise<Deno.CommandStatus> {
    this.#signal("SIGTERM");
    const { grace = 10_000 } = options;
    const timer = setTimeout(() => this.#signal("SIGKILL"), grace);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }

  kill(): Promise<Deno.CommandStatus> {
    this.#signal("SIGKILL");
    return this.ended;
  }

  #signal(signal: Deno.Signal): void {
    if (this.status) return;
    try {
      this.#child.kill(signal);
    } catch {
      // It ended a moment ago; `ended` will tell.
    }
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const text = stream.pipeThrough(new TextDecoderStream());
    let rest = "";
    for await (const chunk of text) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
    }
    if (rest) this.#take(rest);
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(line);
  }
}
