import { tryLock } from "../kube/try_lock.ts";

/**
 * Keeps a folder to this process until disposed of.
 *
 * @throws where another process has it
 */
export async function lockFolder(path: string): Promise<AsyncDisposable> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  const file = await Deno.open(`${path}/lock`, { create: true, write: true });
  // An advisory lock of the operating system: it goes with the process,
  // however that ends, so that nothing stale is left.
  const free = await tryLock(file);
  if (!free) {
    file.close();
    throw new Error(
      `Cannot use folder ${path}: another faros process uses it; stop that, or choose another folder by --data`,
    );
  }
  return {
    [Symbol.asyncDispose]: async () => {
      await file.unlock();
      file.close();
    },
  };
}
