/** How long another agent that is about to end is waited for, in milliseconds. */
const PATIENCE = 3_000;

/**
 * Locks a file for this process until it is disposed of, or the process ends in whatever way.
 *
 * @throws Error where another process has it
 */
export async function lockFile(path: string): Promise<Disposable> {
  const file = await Deno.open(path, {
    create: true,
    write: true,
    mode: 0o600,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  // A lock has no form that gives up, in Deno 2.6: the wait for it is left behind, with the process that has to end.
  const locked = await Promise.race([file.lock(true).then(() => true), late]);
  clearTimeout(timer);
  if (!locked) {
    throw new Error(
      `Cannot lock ${path}: another agent uses this folder; stop it, or give this one a folder of its own by --state-dir`,
    );
  }
  return { [Symbol.dispose]: () => file.close() };
}
