import type { Encryption } from "./encryption_keys.ts";
import type { Log, LogState, Row } from "./log.ts";
import { SameFile } from "./same_file.ts";
import {
  type Chunk,
  type Reply,
  type Request,
  RowPacker,
  transferable,
  unpackRows,
} from "./sqlite_messages.ts";

type Body = Request extends infer R
  ? R extends { id: number } ? Omit<R, "id"> : never
  : never;

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
  /** Takes the rows of the answer. */
  load?: (row: Row) => void;
}

/** Options of {@linkcode SqliteLog}. */
export interface SqliteLogOptions {
  /** How values are encrypted. @default not at all */
  encryption?: Encryption;
  /** Takes what the operator should know. */
  log?: (message: string, details: Record<string, unknown>) => void;
}

/**
 * A log in an SQLite file, written by a Worker: one transaction and one fsync for each call of `append`.
 *
 * The file is locked while it is open, so that two servers can't share a folder.
 */
export class SqliteLog implements Log {
  #worker: Worker;
  #path: string;
  #options: SqliteLogOptions;
  #id = 0;
  #waiting = new Map<number, Waiting>();
  #failed: Error | undefined;
  #file: SameFile | undefined;
  #closing = false;
  /** Rows under old keys; they are encrypted again, a few at a time, until there are none. */
  #stale = 0;
  #reencrypting: Promise<void> | undefined;
  #holds = new Set<Promise<void>>();
  /** Resources that the file has never held in plain text, as it notes them. */
  encrypted = "";

  constructor(path: string, options: SqliteLogOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), {
      type: "module",
      name: "storage",
    });
    this.#worker.onmessage = (event: MessageEvent<Chunk | Reply>) => {
      const { data } = event;
      const waiting = this.#waiting.get(data.id);
      if (data.type === "chunk") {
        // Copies: views would keep the whole chunk in memory for the sake of one object.
        unpackRows(
          data,
          (row) => waiting?.load?.({ ...row, value: row.value.slice() }),
        );
        return;
      }
      this.#waiting.delete(data.id);
      if (data.error === undefined) waiting?.resolve(data);
      else waiting?.reject(new Error(data.error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failed = new Error(
        `The storage thread of ${path} ended: ${event.message}; restart the server`,
      );
      this.#options.log?.("nothing can be stored any more", {
        error: this.#failed,
      });
      for (const { reject } of this.#waiting.values()) reject(this.#failed);
      this.#waiting.clear();
    };
  }

  async open(load: (row: Row) => void): Promise<LogState> {
    const { encryption } = this.#options;
    try {
      const { state } = await this.#call(
        { type: "open", path: this.#path, encryption },
        { load },
      );
      this.#stale = state!.stale;
      this.encrypted = state!.encrypted;
      this.#file = new SameFile(this.#path);
      this.#reencrypt();
      return state!;
    } catch (error) {
      this.#worker.terminate();
      throw cannotOpen(this.#path, error);
    }
  }

  /** Whether what is written can last. */
  get writable(): boolean {
    if (this.#failed) return false;
    try {
      this.#file?.require();
      return true;
    } catch {
      return false;
    }
  }

  async append(rows: Row[]): Promise<void> {
    const packer = new RowPacker();
    for (const row of rows) packer.add(row);
    const packed = packer.pack();
    await this.#call({ type: "append", rows: packed }, {
      transfer: transferable(packed),
    });
    // Where it stopped for want of space, there seems to be some again.
    if (this.#stale > 0) this.#reencrypt();
  }

  async compact(resourceVersion: number): Promise<void> {
    for (let left = 1; left > 0;) {
      while (this.#holds.size > 0) await Promise.all(this.#holds);
      if (this.#closing) return;
      // Between the parts of a long one writes have their turn.
      const reply = await this.#call({ type: "compact", resourceVersion });
      left = reply.left!;
    }
  }

  /** Keeps history from being compacted until it is disposed of. */
  holdHistory(): Disposable {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#holds.add(promise);
    return {
      [Symbol.dispose]: () => {
        this.#holds.delete(promise);
        resolve();
      },
    };
  }

  /**
   * The rows up to a resourceVersion as they are stored, a few at a time, while writes go on. The caller holds history
   * from the moment on that it took the resourceVersion.
   */
  async *snapshot(to: number): AsyncGenerator<Row[], void> {
    for (let after = 0;;) {
      const rows: Row[] = [];
      await this.#call({ type: "read", after, to }, {
        load: (row) => rows.push(row),
      });
      if (rows.length === 0) return;
      yield rows;
      after = rows.at(-1)!.resourceVersion;
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#reencrypting;
    try {
      await this.#call({ type: "close" });
    } finally {
      this.#worker.terminate();
    }
  }

  #reencrypt() {
    if (this.#stale === 0 || this.#closing) return;
    this.#reencrypting ??= this.#reencryptAll()
      .finally(() => this.#reencrypting = undefined);
  }

  async #reencryptAll() {
    const { log = () => {}, encryption } = this.#options;
    const [first, ...others] = encryption!.keys;
    const details = {
      key: encryption!.resources.length > 0 ? first!.id : "none",
      rows: this.#stale,
    };
    try {
      while (this.#stale > 0 && !this.#closing) {
        const { left } = await this.#call({ type: "reencrypt" });
        this.#stale = left!;
      }
      if (this.#stale > 0) return;
      log("all that was under other encryption keys is stored anew", {
        ...details,
        noLongerNeeded: (details.key === "none" ? encryption!.keys : others)
          .map(({ id }) => id),
      });
    } catch (error) {
      log("encryption with the new key stopped; it goes on after a write", {
        ...details,
        error,
      });
    }
  }

  #call(
    body: Body,
    { load, transfer = [] }: {
      load?: (row: Row) => void;
      transfer?: ArrayBuffer[];
    } = {},
  ): Promise<Reply> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, load });
      this.#worker.postMessage({ ...body, id }, transfer);
    });
  }
}

function cannotOpen(path: string, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("locked")) {
    return new Error(
      `Cannot open ${path}: another server is using it; stop that one, or choose another data folder`,
    );
  }
  if (/disk is full/.test(message)) {
    return new Error(
      `Cannot open ${path}: ${message}; free space there and start again: to encrypt what is stored, or to bring it into a new layout, takes up to three times the size of the file`,
    );
  }
  const folder = path.replace(/\/[^/]*$/, "");
  const damaged = /damaged|malformed|not a database/.test(message);
  return new Error(
    `Cannot open ${path}: ${message}${damaged ? wayOut(folder) : ""}`,
  );
}

/** What to do about a damaged file. */
export function wayOut(folder: string): string {
  return `. 'faros apiserver check --data ${folder}' says how much is damaged. Restore a backup into another folder ('faros restore FILE --data DIR'), or save what is readable as one ('faros apiserver salvage FILE --data ${folder}')`;
}
