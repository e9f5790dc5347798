import { dirname, join } from "node:path";

/**
 * Writes a file so that whoever reads it, also after a power cut, finds the old or the new content whole.
 *
 * As tailscale's atomicfile: a temporary file in the same folder, fsync, rename, fsync of the folder.
 *
 * @param options.mode @default {0o600}
 */
export async function writeAtomic(
  path: string,
  data: Uint8Array | string,
  options: { mode?: number } = {},
): Promise<void> {
  const bytes = typeof data === "string"
    ? new TextEncoder().encode(data)
    : data;
  const dir = dirname(path);
  const temporary = join(dir, `${TEMPORARY}${crypto.randomUUID()}`);
  try {
    const file = await Deno.open(temporary, {
      write: true,
      createNew: true,
      mode: options.mode ?? 0o600,
    });
    try {
      for (let n = 0; n < bytes.length;) {
        n += await file.write(bytes.subarray(n));
      }
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new Error(`Cannot write ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  await syncFolder(dir);
}

/** Start of the names of files that were being written when the power went. */
export const TEMPORARY = ".tmp-";

async function syncFolder(dir: string): Promise<void> {
  // Windows has no such thing: there the rename itself is what lasts.
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(dir, { read: true });
  await folder.sync();
}
