import { DatabaseSync } from "node:sqlite";

/** A database that is only looked at. */
export interface ReadOnlyDatabase extends Disposable {
  readonly db: DatabaseSync;
}

/**
 * Opens a log's file so that nothing of it changes: any other connection, when it is closed, takes what is whole of the
 * write-ahead log into the file and removes the rest. While it is open no server starts on the file.
 *
 * @throws where a server uses it, or it cannot be read
 */
export function openReadOnly(path: string): ReadOnlyDatabase {
  // SQLite would make an empty one of nothing.
  Deno.statSync(path);
  const index = `${path}-shm`;
  const log = `${path}-wal`;
  const hadIndex = exists(index);
  const db = new DatabaseSync(path, { readOnly: true });
  const close = () => {
    // SQLite made them for this connection. Before the lock is given back: after it, they may be those of a server.
    if (!hadIndex) removeOpen(index);
    if (exists(log) && Deno.statSync(log).size === 0) removeOpen(log);
    db.close();
  };
  try {
    db.exec("PRAGMA busy_timeout = 0; PRAGMA temp_store = MEMORY");
    // Takes the lock.
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
  } catch (error) {
    // Those of a server that runs are not to be touched.
    if (/locked|busy/.test(String(error))) db.close();
    else close();
    throw error;
  }
  return { db, [Symbol.dispose]: close };
}

function removeOpen(file: string) {
  try {
    Deno.removeSync(file);
  } catch {
    // It was not made, or the system lets nobody remove an open file: left there it changes nothing.
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
