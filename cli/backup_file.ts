import { dirname } from "node:path";
import {
  type BackupSummary,
  readBackup,
  syncFolder,
} from "../apiserver/backup/mod.ts";
import { tryLock } from "../kube/try_lock.ts";
import type { Io } from "./io.ts";
import { megabytes, progressTo } from "./progress.ts";

/**
 * Writes a backup to a file: under another name until it is complete, was checked, and is on the disk.
 *
 * @throws where it is cut off; the file is then as it was
 */
export async function saveBackup(
  bytes: AsyncIterable<Uint8Array>,
  { file, io }: { file: string; io: Io },
): Promise<BackupSummary> {
  const partial = `${file}.partial`;
  const progress = progressTo(io);
  let rows = 0;
  let objects: number | undefined;
  const to = await Deno.open(partial, {
    create: true,
    write: true,
    // It holds keys, and all that is not encrypted.
    mode: 0o600,
  }).catch((error) => {
    throw new Error(`Cannot write the backup ${file}`, { cause: error });
  });
  // Two of them, say of a timer that fires while the last one is under way, would write into the same file.
  if (!await isAlone(to, partial)) {
    to.close();
    throw new Error(
      `Cannot write the backup ${file}: another one is being written to ${partial}; wait for it, or name another file`,
    );
  }
  try {
    await to.truncate();
    const summary = await readBackup(written(bytes, to), {
      header: (header) => objects = header.objects,
      row: () => rows++,
      progress: (done) =>
        progress(() =>
          `${rows.toLocaleString("en")} rows${
            objects ? ` of some ${objects.toLocaleString("en")}` : ""
          }, ${megabytes(done)}`
        ),
    });
    await to.sync();
    // Locked until it has its name.
    await Deno.rename(partial, file);
    await syncFolder(dirname(file));
    return summary;
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw new Error(`Cannot write the backup ${file}`, { cause: error });
  } finally {
    to.close();
  }
}

/** Locks `to`; whoever had it may have given it another name meanwhile. */
async function isAlone(to: Deno.FsFile, path: string): Promise<boolean> {
  if (!await tryLock(to)) return false;
  const there = await Deno.stat(path).catch(() => undefined);
  return there?.ino === (await to.stat()).ino;
}

async function* written(bytes: AsyncIterable<Uint8Array>, to: Deno.FsFile) {
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      at += await to.write(chunk.subarray(at));
    }
    yield chunk;
  }
}

/** What a backup holds, in a line. */
export function describeBackup({ header, rows, bytes }: BackupSummary): string {
  return `resourceVersion ${header.resourceVersion} of ${header.created}, ${
    rows.toLocaleString("en")
  } rows, ${megabytes(bytes)}`;
}
