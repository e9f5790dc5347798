import { tryLock } from "../../kube/try_lock.ts";

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
  if (await tryLock(file)) return { [Symbol.dispose]: () => file.close() };
  throw new Error(
    `Cannot lock ${path}: another agent uses this folder; stop it, or give this one a folder of its own by --state-dir`,
  );
}
