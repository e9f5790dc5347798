import { tryLock } from "../kube/try_lock.ts";

/**
 * Keeps a folder to this process until disposed of.
 *
 * @throws where another process has it, or it can be neither made nor written
 */
export async function lockFolder(path: string): Promise<AsyncDisposable> {
  const file = await openLock(path).catch((error) => {
    throw new Error(
      `Cannot use folder ${path}: ${error.message}; choose another folder by --data`,
      { cause: error },
    );
  });
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

async function openLock(path: string): Promise<Deno.FsFile> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return await Deno.open(`${path}/lock`, { create: true, write: true });
}
