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
  /** Calls back after some milliseconds, unless the function that it returns is called before. @default setTimeout */
  schedule?: (callback: () => void, milliseconds: number) => () => void;
}

/**
 * Answers `/backup` with a backup of the state as it is now, while requests go on.
 *
 * It is read from the log, not copied as a file: that needs no space on the server's disk, writes wait for no more than
 * a megabyte of it at a time, and what is encrypted stays so. Who may `get` this path gets the administrator's token
 * and the CA's key along with it.
 */
export function backupPath(
  {
    store,
    log,
    dataDir,
    now,
    stallMs = STALL_MS,
    schedule = defaultSchedule,
  }: BackupPathOptions,
): PathAnswer {
  return async (path, request) => {
    if (path !== "/backup") return;
    const headers = {
      "content-type": "application/x-ndjson",
      "cache-control": "no-cache, private",
    };
    if (request.method === "HEAD") return new Response(null, { headers });
    // Loaded for the first backup.
    const { headerOf, readDataFiles, writeBackup } = await import(
      "../backup/online.ts"
    );
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
    const expectRead = (givenUp: () => void) => schedule(givenUp, stallMs);
    return new Response(streamOf(bytes, { history, expectRead }), { headers });
  };
}

function streamOf(
  bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void>,
  { history, expectRead }: {
    history: Disposable;
    expectRead: (givenUp: () => void) => () => void;
  },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let cancel = () => {};
  const end = () => {
    cancel();
    history[Symbol.dispose]();
  };
  const expectPull = (controller: ReadableStreamDefaultController) => {
    cancel = expectRead(() => {
      end();
      controller.error(new Error("the client of a backup took nothing"));
    });
  };
  return new ReadableStream({
    start: expectPull,
    async pull(controller) {
      cancel();
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

function defaultSchedule(
  callback: () => void,
  milliseconds: number,
): () => void {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
}
