/**
 * The only writer of the database: runs in a Worker, since SQLite's calls block until the disk has answered.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { LogState } from "./log.ts";
import type { Chunk, Reply, Request } from "./sqlite_messages.ts";

declare const self: DedicatedWorkerGlobalScope;

/** Version of the file's layout; a newer one than this is refused, an older one is migrated step by step. */
const SCHEMA_VERSION = 1;
const CHUNK_BYTES = 4 << 20;

let database: DatabaseSync | undefined;
let insert: StatementSync | undefined;

function open(path: string): LogState {
  const db = new DatabaseSync(path);
  database = db;
  // A lock held for the life of this process: a second server on the same folder fails here, at once.
  db.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("BEGIN EXCLUSIVE");
  const { user_version: found } = db.prepare("PRAGMA user_version").get() as {
    user_version: number;
  };
  if (found > SCHEMA_VERSION) {
    throw new Error(
      `its layout has version ${found}, this program knows up to ${SCHEMA_VERSION}: start a newer program`,
    );
  }
  if (found < 1) {
    db.exec(`
      CREATE TABLE log (
        rv INTEGER PRIMARY KEY,
        previous INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        resource TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL
      ) STRICT;
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      INSERT INTO meta VALUES ('compacted', '0');
    `);
    db.prepare("INSERT INTO meta VALUES ('instance', ?)").run(
      crypto.randomUUID(),
    );
  }
  db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
  insert = db.prepare("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?)");
  sendRows(db);
  const meta = new Map(
    db.prepare("SELECT key, value FROM meta").all().map((row) => [
      String(row.key),
      String(row.value),
    ]),
  );
  return {
    compacted: Number(meta.get("compacted")),
    instance: meta.get("instance") ?? "",
  };
}

function sendRows(db: DatabaseSync) {
  let numbers: number[] = [];
  let strings: string[] = [];
  let values: Uint8Array[] = [];
  let size = 0;
  const send = () => {
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const value of values) {
      bytes.set(value, offset);
      offset += value.length;
    }
    const chunk: Chunk = {
      type: "chunk",
      numbers: new Float64Array(numbers),
      strings,
      bytes,
    };
    self.postMessage(chunk, [bytes.buffer, chunk.numbers.buffer]);
    numbers = [];
    strings = [];
    values = [];
    size = 0;
  };
  const rows = db.prepare(
    `SELECT rv, previous, deleted, resource, namespace, name, CAST(value AS BLOB) AS value
     FROM log ORDER BY rv`,
  ).iterate();
  for (const row of rows) {
    const value = row.value as Uint8Array;
    size += value.length;
    values.push(value);
    numbers.push(
      row.rv as number,
      row.previous as number,
      row.deleted as number,
      size,
    );
    strings.push(
      row.resource as string,
      row.namespace as string,
      row.name as string,
    );
    if (size >= CHUNK_BYTES) send();
  }
  if (numbers.length > 0) send();
}

function transaction(db: DatabaseSync, work: () => void) {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    // A failed COMMIT may have rolled back already; what counts is that nothing stays open.
    try {
      db.exec("ROLLBACK");
    } catch { /* there was nothing left to roll back */ }
    throw error;
  }
}

function handle(request: Request): LogState | undefined {
  if (request.type === "open") return open(request.path);
  const db = database!;
  switch (request.type) {
    case "append":
      transaction(db, () => {
        for (const row of request.rows) {
          insert!.run(
            row.resourceVersion,
            row.previous,
            row.deleted ? 1 : 0,
            row.resource,
            row.namespace,
            row.name,
            row.value,
          );
        }
      });
      return;
    case "compact":
      transaction(db, () => {
        const to = request.resourceVersion;
        db.prepare(
          `DELETE FROM log WHERE rv IN (SELECT previous FROM log
             WHERE previous > 0 AND rv <= :to
             AND rv > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted'))`,
        ).run({ to });
        db.prepare(
          `DELETE FROM log WHERE deleted = 1 AND rv <= :to
             AND rv > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'compacted')`,
        ).run({ to });
        db.prepare("UPDATE meta SET value = ? WHERE key = 'compacted'")
          .run(String(to));
      });
      return;
    case "close":
      db.close();
      return;
  }
}

self.onmessage = (event: MessageEvent<Request>) => {
  const reply: Reply = { type: "reply", id: event.data.id };
  try {
    reply.state = handle(event.data);
  } catch (error) {
    reply.error = error instanceof Error ? error.message : String(error);
  }
  self.postMessage(reply);
};
