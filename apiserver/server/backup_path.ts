import { readDataFiles } from "../backup/data_files.ts";
import { headerOf } from "../backup/header.ts";
import { writeBackup } from "../backup/write_backup.ts";
import type { SqliteLog } from "../storage/sqlite_log.ts";
import type { Store } from "../storage/store.ts";
import type { PathAnswer } from "./handler.ts";

/** A client that takes nothing for so long is given up: history cannot be compacted while a backup is read. */
const STALL_MS = 60_000;

/** Options of {@linkcode backupPath}. */
export interface BackupPathOptions {
  store: Store;
  log: SqliteLog;
  dataDir: string;
  now: () => Date;
  /** Milliseconds without a read after which a client is given up. @default {60_000} */
  stallMs?: number;
}

/**
 * Answers `/backup` with a backup of the state as it is now, while requests go on.
 *
 * It is read from the log, not copied as a file: that needs no space on the server's disk, writes wait for no more than
 * a megabyte of it at a time, and what is encrypted stays so. Who may `get` this path gets the administrator's token
 * and the CA's key along with it.
 */
export function backupPath(
  { store, log, dataDir, now, stallMs = STALL_MS }: BackupPathOptions,
): PathAnswer {
  return async (path, request) => {
    if (path !== "/backup") return;
    const headers = {
      "content-type": "application/x-ndjson",
      "cache-control": "no-cache, private",
    };
    if (request.method === "HEAD") return new Response(null, { headers });
    const files = await readDataFiles(dataDir);
    // From here on without a turn of the event loop: this is the state that is saved.
    const { resourceVersion } = store;
    const history = log.holdHistory();
    const bytes = writeBackup({
      header: headerOf({
        instance: store.instance,
        resourceVersion,
        encrypted: log.encrypted,
        objects: store.size,
      }, now()),
      files,
      rows: log.snapshot(resourceVersion),
    });
    return new Response(streamOf(bytes, { history, stallMs }), { headers });
  };
}

function streamOf(
  bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  { history, stallMs }: { history: Disposable; stallMs: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(timer);
    history[Symbol.dispose]();
  };
  const expectPull = (controller: ReadableStreamDefaultController) => {
    timer = setTimeout(() => {
      end();
      controller.error(new Error("the client of a backup took nothing"));
    }, stallMs);
  };
  return new ReadableStream({
    start: expectPull,
    async pull(controller) {
      clearTimeout(timer);
      try {
        const { done, value } = await bytes.next();
        if (done) {
          end();
          return controller.close();
        }
        controller.enqueue(value);
      } catch (error) {
        end();
        throw error;
      }
      expectPull(controller);
    },
    cancel: end,
  }, { highWaterMark: 0 });
}
