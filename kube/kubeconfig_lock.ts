import { type Clock, systemClock } from "./clock.ts";

/** Age of a lock whose program has died: one is held for milliseconds. */
const ABANDONED = 10_000;

/** Between two looks whether a lock is free, in milliseconds. */
const INTERVAL = 20;

/** Options of {@linkcode lockKubeconfig}. */
export interface KubeconfigLockOptions {
  /** @default {systemClock} */
  clock?: Clock;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/**
 * Keeps other programs from changing kubeconfigs between reading and writing
 * them: by `FILE.lock`, as kubectl does (client-go
 * `tools/clientcmd/config.go`, `lockFile`).
 *
 * Waits while somebody else holds one. One that is ten seconds old was left by
 * a program that died, and is taken. Where none can be made (no such folder,
 * no right to write in it) there is nothing to change, and nothing is locked.
 *
 * @returns what gives them back
 */
export async function lockKubeconfig(
  paths: string[],
  options: KubeconfigLockOptions = {},
): Promise<AsyncDisposable> {
  const held: string[] = [];
  const release = async () => {
    for (const lock of held.splice(0)) await Deno.remove(lock).catch(() => {});
  };
  try {
    // In an order, so that two programs do not wait for each other.
    for (const path of [...new Set(paths)].sort()) {
      const lock = `${path}.lock`;
      if (await take(lock, options)) held.push(lock);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { [Symbol.asyncDispose]: release };
}

async function take(
  lock: string,
  { clock = systemClock, signal }: KubeconfigLockOptions,
): Promise<boolean> {
  while (true) {
    try {
      const options = { write: true, createNew: true, mode: 0o600 };
      (await Deno.open(lock, options)).close();
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) return false;
    }
    const made = (await Deno.stat(lock).catch(() => undefined))?.mtime;
    if (made && made.getTime() + ABANDONED <= clock.now()) {
      await Deno.remove(lock).catch(() => {});
    } else await clock.sleep(INTERVAL, signal);
  }
}
