/** A program that a test started, with its output in a file. */
export interface TestProcess {
  readonly pid: number;
  /** Rejects with the end of its output when it ends by itself. */
  readonly failed: Promise<never>;
  /** Ends it, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a program whose output goes to `log`. */
export function startProcess(
  command: string,
  options: { args: string[]; log: string; env?: Record<string, string> },
): TestProcess {
  // The shell redirects, and is then replaced by the program itself.
  const child = new Deno.Command("/bin/sh", {
    args: [
      "-c",
      'log=$1; shift; exec "$@" >"$log" 2>&1',
      "sh",
      options.log,
      command,
      ...options.args,
    ],
    env: options.env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let killed = false;
  const failed = child.status.then(async ({ code, signal }) => {
    if (killed) return await new Promise<never>(() => {});
    const text = await Deno.readTextFile(options.log).catch(() => "");
    const tail = text.split("\n").slice(-15).join("\n");
    throw new Error(
      `${command} ended by itself with ${signal ?? code}:\n${tail}`,
    );
  });
  failed.catch(() => {}); // for those who wait for something else
  return {
    pid: child.pid,
    failed,
    async kill() {
      killed = true;
      try {
        child.kill("SIGKILL");
      } catch {
        // gone already
      }
      await child.status;
    },
  };
}

/** A TCP port of the loopback interface that was free just now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
