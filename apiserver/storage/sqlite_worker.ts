/**
 * The only writer of the database: runs in a Worker, since SQLite's calls block until the disk has answered.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { AcknowledgedNote } from "./acknowledged.ts";
import { compactSome } from "./compact_rows.ts";
import { keyIdOf, missingKey } from "./encrypted_value.ts";
import type { Encryption } from "./encryption_keys.ts";
import type { Row } from "./log.ts";
import { openDatabase, readMeta, transaction } from "./open_database.ts";
import { readRows } from "./read_rows.ts";
import { Reencryption } from "./reencryption.ts";
import { rowChecksum } from "./row_checksum.ts";
import { SameFile } from "./same_file.ts";
import {
  type Chunk,
  type OpenState,
  type Reply,
  type Request,
  RowPacker,
  transferable,
  unpackRows,
} from "./sqlite_messages.ts";
import type { ValueCipher } from "./value_cipher.ts";

declare const self: DedicatedWorkerGlobalScope;

const CHUNK_BYTES = 4 << 20;
/** What a backup reads at a time: writes wait for it. */
const READ_BYTES = 1 << 20;
/** Pages given back to the file system at a time, and the part of the file that may be free before any is. */
const VACUUM_PAGES = 2000;
const FREE_PART = 0.5;

let database: DatabaseSync | undefined;
let insert: StatementSync | undefined;
let cipher: ValueCipher | undefined;
let reencryption: Reencryption | undefined;
let acknowledged: AcknowledgedNote | undefined;
let file: SameFile | undefined;

async function open(
  id: number,
  { path, encryption }: { path: string; encryption?: Encryption },
): Promise<OpenState> {
  if (encryption) {
    const { ValueCipher } = await import("./value_cipher.ts");
    cipher = new ValueCipher(encryption);
  }
  const db = openDatabase(path);
  database = db;
  try {
    return load(id, db, path);
  } catch (error) {
    // So that whoever comes to see what is wrong finds no lock.
    db.close();
    throw error;
  }
}

function load(
  id: number,
  db: DatabaseSync,
  path: string,
): OpenState {
  reencryption = new Reencryption(db, cipher);
  acknowledged = new AcknowledgedNote(path);
  file = new SameFile(path);
  insert = db.prepare(
    // Values are bound as bytes, so that nothing decodes and encodes them on the way.
    "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?)",
  );
  sendRows(id, db);
  reencryption.removePlaintext();
  return {
    compacted: Number(readMeta(db, "compacted")),
    instance: readMeta(db, "instance") ?? "",
    stale: reencryption.left,
    encrypted: readMeta(db, "encrypted") ?? "",
  };
}

function sendRows(id: number, db: DatabaseSync) {
  let chunk = new RowPacker();
  for (const stored of readRows(db)) {
    reencryption!.note(stored);
    chunk.add(plain(stored));
    if (chunk.size >= CHUNK_BYTES) {
      post(chunk, id);
      chunk = new RowPacker();
    }
  }
  if (!chunk.empty) post(chunk, id);
}

function plain(row: Row): Row {
  if (keyIdOf(row.value) === undefined) return row;
  if (!cipher) throw missingKey(row, []);
  return { ...row, value: cipher.decrypt(row) };
}

function post(chunk: RowPacker, id: number) {
  const rows = chunk.pack();
  const message: Chunk = { type: "chunk", id, ...rows };
  self.postMessage(message, transferable(rows));
}

function read(
  id: number,
  db: DatabaseSync,
  range: { after: number; to: number },
) {
  const chunk = new RowPacker();
  for (const row of readRows(db, range)) {
    chunk.add(row);
    if (chunk.size >= READ_BYTES) break;
  }
  post(chunk, id);
}

function compact(db: DatabaseSync, to: number): number {
  const reached = compactSome(db, to);
  giveBack(db);
  return to - reached;
}

/** Free pages are used again, so that few are given back: only what the file will not need soon. */
function giveBack(db: DatabaseSync) {
  const pragma = (name: string) =>
    Number(Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]);
  const most = Math.ceil(pragma("page_count") * FREE_PART);
  const excess = pragma("freelist_count") - most;
  if (excess <= 0) return;
  // `all`, since the pragma frees a page with each step.
  db.prepare(`PRAGMA incremental_vacuum(${Math.min(excess, VACUUM_PAGES)})`)
    .all();
}

function handle(
  request: Exclude<Request, { type: "open" }>,
): Partial<Reply> {
  const db = database!;
  switch (request.type) {
    case "append": {
      let last = 0;
      file!.require();
      transaction(db, () => {
        unpackRows(request.rows, (row) => {
          last = row.resourceVersion;
          const value = cipher?.seal(row) ?? row.value;
          insert!.run(
            row.resourceVersion,
            row.previous,
            row.deleted ? 1 : 0,
            row.resource,
            row.namespace,
            row.name,
            value,
            rowChecksum(value === row.value ? row : { ...row, value }),
          );
        });
      });
      acknowledged!.set(last);
      return {};
    }
    case "compact":
      return { left: compact(db, request.resourceVersion) };
    case "read":
      read(request.id, db, request);
      return {};
    case "reencrypt":
      return { left: reencryption!.step() };
    case "close":
      acknowledged?.close();
      db.close();
      return {};
  }
}

// Nothing else is asked for until the file is open, so that all is answered in order.
self.onmessage = async ({ data }: MessageEvent<Request>) => {
  const reply: Reply = { type: "reply", id: data.id };
  try {
    Object.assign(
      reply,
      data.type === "open"
        ? { state: await open(data.id, data) }
        : handle(data),
    );
  } catch (error) {
    reply.error = error instanceof Error ? error.message : String(error);
  }
  self.postMessage(reply);
};
