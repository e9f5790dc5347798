import type { DatabaseSync } from "node:sqlite";
import { missingWrites } from "../storage/acknowledged.ts";
import { walProblem } from "../storage/check_wal.ts";
import {
  encryptionOf,
  type EncryptionOptions,
} from "../storage/encryption_keys.ts";
import type { Row } from "../storage/log.ts";
import { LAYOUT_VERSION, layoutOf } from "../storage/migrations.ts";
import { readMeta } from "../storage/open_database.ts";
import { openReadOnly } from "../storage/read_only.ts";
import { keyIdOf } from "../storage/encrypted_value.ts";
import { ValueCipher } from "../storage/value_cipher.ts";
import { survey } from "./survey.ts";

/** SQLITE_IOERR_SHMSIZE: https://www.sqlite.org/rescode.html */
const NO_INDEX = 4874;

/** More than these are only counted. */
const MAX_PROBLEMS = 20;

/** What a check came to. */
export interface CheckResult {
  layout: number;
  rows: number;
  resourceVersion: number;
  /** How many rows are encrypted, by the key's id. */
  encrypted: Record<string, number>;
  /** What is wrong, in words; nothing where the file is whole. */
  problems: string[];
}

/** Options of {@linkcode checkFolder}. */
export interface CheckOptions {
  /** Checks that what is encrypted can be decrypted, too. */
  encryption?: EncryptionOptions | undefined;
}

/**
 * Checks the database of a data folder that no server uses: its structure, each row's checksum and content. Changes
 * nothing.
 *
 * @throws where a server uses it, or there is none
 */
export function checkFolder(
  dataDir: string,
  { encryption }: CheckOptions = {},
): CheckResult {
  const path = `${dataDir}/store.db`;
  Deno.statSync(path);
  const result: CheckResult = {
    layout: 0,
    rows: 0,
    resourceVersion: 0,
    encrypted: {},
    problems: [],
  };
  const problem = (text: string) => {
    if (result.problems.length < MAX_PROBLEMS) result.problems.push(text);
    else if (result.problems.length === MAX_PROBLEMS) {
      result.problems.push("and more");
    }
  };
  try {
    using file = openReadOnly(path);
    const { db } = file;
    const damagedLog = walProblem(path);
    if (damagedLog) problem(damagedLog);
    result.layout = layoutOf(db);
    checkStructure(db, problem);
    const missing = missingWrites(db, path);
    if (missing) problem(missing);
    if (result.layout === LAYOUT_VERSION) {
      checkRows(db, { result, problem, encryption });
    } else if (result.layout > LAYOUT_VERSION) {
      problem(
        `its layout has version ${result.layout}, this program knows up to ${LAYOUT_VERSION}: check it with a newer program`,
      );
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (/locked/.test(why)) {
      throw new Error(
        `Cannot check ${path}: a server is using it; stop that one first`,
        { cause: error },
      );
    }
    const { errcode } = error as { errcode?: number };
    if (/unable to open|readonly/.test(why) || errcode === NO_INDEX) {
      // SQLite keeps an index of the write-ahead log beside it.
      throw new Error(
        `Cannot check ${path}: ${why}; where files cannot be written, or the disk is full, copy the folder to where they can, and check that`,
        { cause: error },
      );
    }
    problem(why);
  }
  return result;
}

function checkStructure(db: DatabaseSync, problem: (text: string) => void) {
  try {
    for (
      const { integrity_check: text } of db.prepare("PRAGMA integrity_check")
        .all()
    ) if (text !== "ok") problem(`SQLite: ${text}`);
  } catch (error) {
    // The check itself met a page that it cannot read.
    problem(`SQLite: ${error instanceof Error ? error.message : error}`);
  }
}

function checkRows(
  db: DatabaseSync,
  { result, problem, encryption }: {
    result: CheckResult;
    problem: (text: string) => void;
    encryption: EncryptionOptions | undefined;
  },
) {
  const keys = encryptionOf(encryption);
  const cipher = keys && new ValueCipher(keys);
  for (const found of survey(db)) {
    if ("unreadable" in found) {
      const { from, to } = found.unreadable;
      problem(
        `rows of resourceVersion ${from} to ${to ?? "the end"}: ${found.why}`,
      );
      continue;
    }
    const row = "row" in found ? found.row : found.damaged;
    result.rows++;
    result.resourceVersion = row.resourceVersion;
    const key = keyIdOf(row.value);
    if (key) result.encrypted[key] = (result.encrypted[key] ?? 0) + 1;
    const wrong = "row" in found
      ? contentProblem(row, cipher)
      : "is not what was written: its checksum differs";
    if (wrong) {
      const { resource, namespace, name, resourceVersion } = row;
      const path = [resource.split("/")[1], namespace, name].filter(Boolean);
      problem(
        `${
          path.join("/") || "a row"
        } (resourceVersion ${resourceVersion}) ${wrong}`,
      );
    }
  }
  // A restore raises it above that of every row.
  const compacted = Number(readMeta(db, "compacted") ?? 0);
  result.resourceVersion = Math.max(result.resourceVersion, compacted);
}

/** What is wrong with a value whose checksum is right: nothing, unless a program wrote nonsense. */
function contentProblem(
  row: Row,
  cipher: ValueCipher | undefined,
): string | undefined {
  let value = row.value;
  if (keyIdOf(value)) {
    if (!cipher) return undefined;
    try {
      value = cipher.decrypt(row);
    } catch (error) {
      return `cannot be decrypted: ${(error as Error).message}`;
    }
  }
  try {
    const { metadata } = JSON.parse(new TextDecoder().decode(value));
    if (Number(metadata?.resourceVersion) === row.resourceVersion) return;
    return `says that its resourceVersion is ${metadata?.resourceVersion}`;
  } catch {
    return "is no JSON";
  }
}
