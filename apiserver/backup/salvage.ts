import { DatabaseSync } from "node:sqlite";
import { layoutOf } from "../storage/migrations.ts";
import { readMeta } from "../storage/open_database.ts";
import type { Row } from "../storage/log.ts";
import { readDataFiles } from "./data_files.ts";
import { headerOf } from "./header.ts";
import { type Found, survey } from "./survey.ts";
import { writeBackup } from "./write_backup.ts";

/** Layout since which rows have checksums. */
const CHECKSUMS = 2;
const BATCH_ROWS = 200;

/** What could be saved, and what could not. */
export interface Salvage {
  objects: number;
  /** What was not readable, in words. */
  lost: string[];
  /** The backup. */
  bytes: AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
}

/**
 * Saves what can be read of a damaged data folder as a backup. Where the newest state of an object is lost, an earlier
 * one that is still in the history takes its place.
 *
 * @throws where nothing can be read
 */
export async function salvage(
  dataDir: string,
  { now = () => new Date() }: { now?: () => Date } = {},
): Promise<Salvage> {
  const db = openDamaged(dataDir);
  const newest = new Map<string, { rv: number; deleted: boolean }>();
  const lost: string[] = [];
  let last = 0;
  for (const found of survey(db)) {
    if (!("row" in found)) {
      lost.push(lossOf(found));
      continue;
    }
    const { resource, namespace, name, resourceVersion, deleted } = found.row;
    newest.set(`${resource}/${namespace}/${name}`, {
      rv: resourceVersion,
      deleted,
    });
    last = resourceVersion;
  }
  const keep = new Set<number>();
  for (const { rv, deleted } of newest.values()) if (!deleted) keep.add(rv);
  const meta = (key: string) => {
    try {
      return readMeta(db, key);
    } catch {
      return undefined;
    }
  };
  const header = headerOf({
    instance: meta("instance") ?? crypto.randomUUID(),
    resourceVersion: Math.max(last, Number(meta("compacted") ?? 0)),
    encrypted: meta("encrypted") ?? "",
    objects: keep.size,
    salvaged: true,
  }, now());
  const files = await readDataFiles(dataDir);
  async function* bytes() {
    try {
      yield* writeBackup({ header, files, rows: batches(db, keep) });
    } finally {
      db.close();
    }
  }
  return { objects: keep.size, lost, bytes: bytes() };
}

/** Opens without a change to the file, and without what a damaged one may not survive. */
function openDamaged(dataDir: string): DatabaseSync {
  const path = `${dataDir}/store.db`;
  Deno.statSync(path);
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE");
    const layout = layoutOf(db);
    if (layout < CHECKSUMS) {
      throw new Error(`its layout is ${layout}, which has no checksums`);
    }
    db.prepare("SELECT rv FROM log LIMIT 1");
    return db;
  } catch (error) {
    db?.close();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot save anything of ${path}: ${why}; ${
        /locked/.test(why)
          ? "stop the server that uses it"
          : "restore a backup ('faros restore')"
      }`,
      { cause: error },
    );
  }
}

function lossOf(found: Exclude<Found, { row: Row }>): string {
  if ("damaged" in found) {
    const { resource, namespace, name, resourceVersion } = found.damaged;
    const path = [resource.split("/")[1], namespace, name].filter(Boolean);
    return `${
      path.join("/")
    } of resourceVersion ${resourceVersion} is not what was written`;
  }
  const { unreadable: { from, to }, why } = found;
  return `resourceVersions ${from} to ${
    to ?? "the end"
  } cannot be read (${why}): what changed there is missing, or older than it was`;
}

function* batches(db: DatabaseSync, keep: Set<number>) {
  let rows: Row[] = [];
  for (const found of survey(db)) {
    if (!("row" in found) || !keep.has(found.row.resourceVersion)) continue;
    // Those before it stay behind.
    rows.push({ ...found.row, previous: 0 });
    if (rows.length < BATCH_ROWS) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}
