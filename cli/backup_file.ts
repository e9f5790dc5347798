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
 * @throws where it is cut off, or would take the place of anything but a backup; the file is then as it was
 */
export async function saveBackup(
  bytes: AsyncIterable<Uint8Array>,
  { file, io, signal }: { file: string; io: Io; signal?: AbortSignal },
): Promise<BackupSummary> {
  await requireReplaceable(file);
  const partial = `${file}.partial`;
  const progress = progressTo(io);
  let rows = 0;
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
    const summary = await readBackup(written(bytes, { to, signal }), {
      row: () => rows++,
      // Of how many is not known: history is in it, too.
      progress: (done) =>
        progress(() => `${rows.toLocaleString("en")} rows, ${megabytes(done)}`),
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

/** What every backup begins with. */
const BEGIN = '{"backup":';

/** @throws where something is there already that is no backup, such as the database itself */
async function requireReplaceable(file: string): Promise<void> {
  const there = await Deno.stat(file).catch(() => undefined);
  if (!there || there.isFile && there.size === 0) return;
  if (there.isFile) {
    using found = await Deno.open(file);
    const begin = new Uint8Array(BEGIN.length);
    await found.read(begin);
    if (new TextDecoder().decode(begin) === BEGIN) return;
  }
  throw new Error(
    `Cannot write the backup ${file}: ${
      there.isFile
        ? "a file is there already that is no backup"
        : "it is no file"
    }; name another`,
  );
}

/** Locks `to`; whoever had it may have given it another name meanwhile. */
async function isAlone(to: Deno.FsFile, path: string): Promise<boolean> {
  if (!await tryLock(to)) return false;
  const there = await Deno.stat(path).catch(() => undefined);
  return there?.ino === (await to.stat()).ino;
}

async function* written(
  bytes: AsyncIterable<Uint8Array>,
  { to, signal }: { to: Deno.FsFile; signal: AbortSignal | undefined },
) {
  for await (const chunk of bytes) {
    signal?.throwIfAborted();
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
