import { join } from "node:path";

const SYNCS = 100;

/** Milliseconds that the disk takes to keep 4 KiB for good (fdatasync), the median of some. */
export async function measureDisk(dir: string): Promise<number> {
  const path = join(dir, "disk");
  const file = await Deno.open(path, { write: true, createNew: true });
  const block = new Uint8Array(4096);
  const times: number[] = [];
  try {
    for (let i = 0; i < SYNCS; i++) {
      const start = performance.now();
      await file.write(block);
      await file.syncData();
      times.push(performance.now() - start);
    }
  } finally {
    file.close();
    await Deno.remove(path);
  }
  return times.sort((a, b) => a - b)[SYNCS >> 1]!;
}
