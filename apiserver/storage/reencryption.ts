import type { DatabaseSync } from "node:sqlite";
import type { Row } from "./log.ts";
import { readMeta, transaction, writeMeta } from "./open_database.ts";
import { readRows } from "./read_rows.ts";
import { rowChecksum } from "./row_checksum.ts";
import { keyIdOf } from "./encrypted_value.ts";
import type { ValueCipher } from "./value_cipher.ts";

/** Rows that are encrypted again at a time: writes wait for it. */
const STEP_ROWS = 100;

/** Brings what is stored into the form that the keys of today ask for. */
export class Reencryption {
  /** resourceVersions of rows that are in plain text and should not be. */
  #plaintext: number[] = [];
  /** Of rows under another key than that which encrypts, or that need none any more. */
  #stale: number[] = [];

  constructor(
    readonly db: DatabaseSync,
    readonly cipher: ValueCipher | undefined,
  ) {
    // What is deleted or replaced must not stay in free pages. Without encryption it costs writes for nothing.
    const secure = cipher?.current !== undefined;
    db.exec(`PRAGMA secure_delete = ${secure ? "ON" : "OFF"}`);
  }

  /** How many rows `step` has to do. */
  get left(): number {
    return this.#stale.length;
  }

  /** Looks at a row as it is stored. */
  note({ resource, value, resourceVersion }: Row): void {
    if (!this.cipher?.isStale(resource, value)) return;
    const list = keyIdOf(value) === undefined ? this.#plaintext : this.#stale;
    list.push(resourceVersion);
  }

  /**
   * Encrypts what is in plain text and should not be, and wipes the places where it was: rows, free pages, the
   * write-ahead log. When this returns, no such text is in the files.
   */
  removePlaintext(): void {
    const covered = this.cipher?.covered.join(" ") ?? "";
    // Says which resources have never been in plain text since the file was last wiped.
    const wiped = readMeta(this.db, "encrypted") ?? "";
    if (covered === wiped && this.#plaintext.length === 0) return;
    const known = wiped.split(" ");
    const fresh = this.cipher?.covered.some((r) => !known.includes(r));
    if (fresh || this.#plaintext.length > 0) {
      transaction(this.db, () => this.#rewrite(this.#plaintext));
      // Pages that were freed before deletions were secure.
      this.db.exec("VACUUM");
    }
    this.#plaintext = [];
    transaction(this.db, () => writeMeta(this.db, "encrypted", covered));
    this.#emptyWal();
  }

  /** Does some of the rest, and says how much is left. */
  step(): number {
    const some = this.#stale.slice(0, STEP_ROWS);
    transaction(this.db, () => this.#rewrite(some));
    this.#stale = this.#stale.slice(STEP_ROWS);
    if (this.#stale.length === 0) this.#emptyWal();
    return this.#stale.length;
  }

  #rewrite(resourceVersions: number[]) {
    const update = this.db.prepare(
      "UPDATE log SET value = ?, checksum = ? WHERE rv = ?",
    );
    for (const rv of resourceVersions) {
      // None, where it was compacted since.
      const [row] = readRows(this.db, { after: rv - 1, to: rv });
      if (!row) continue;
      const bytes = keyIdOf(row.value) === undefined
        ? row.value
        : this.cipher!.decrypt(row);
      const text = new TextDecoder().decode(bytes);
      const value = this.cipher!.seal({ ...row, value: text });
      update.run(value, rowChecksum({ ...row, value }), rv);
    }
  }

  #emptyWal() {
    this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
}
