/** How long a Deno that cannot just try waits for the lock, in milliseconds. */
const PATIENCE = 2_000;

/**
 * Takes the operating system's exclusive advisory lock of a file, which goes with the process, however that ends.
 *
 * @returns Whether it is ours now; where it is not, the process ought to end.
 */
export async function tryLock(file: Deno.FsFile): Promise<boolean> {
  const able = file as { tryLock?(exclusive: boolean): Promise<boolean> };
  if (able.tryLock) return await able.tryLock(true);
  // Deno 2.6 has only the form that waits. Where the time is over, that wait is left behind.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  const locked = file.lock(true).then(() => true);
  locked.catch(() => {});
  return await Promise.race([locked, late]).finally(() => clearTimeout(timer));
}
