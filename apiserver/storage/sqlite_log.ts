import type { LoadedRow, Log, LogState, Row } from "./log.ts";
import type { Chunk, Reply, Request } from "./sqlite_messages.ts";

type Body = Request extends infer R
  ? R extends { id: number } ? Omit<R, "id"> : never
  : never;

/**
 * A log in an SQLite file, written by a Worker: one transaction and one fsync for each call of `append`.
 *
 * The file is locked while it is open, so that two servers can't share a folder.
 */
export class SqliteLog implements Log {
  #worker: Worker;
  #path: string;
  #id = 0;
  #waiting = new Map<
    number,
    { resolve: (state?: LogState) => void; reject: (error: Error) => void }
  >();
  #failed: Error | undefined;
  #load: (row: LoadedRow) => void = () => {};

  constructor(path: string) {
    this.#path = path;
    this.#worker = new Worker(new URL("./sqlite_worker.ts", import.meta.url), {
      type: "module",
      name: "storage",
    });
    this.#worker.onmessage = (event: MessageEvent<Chunk | Reply>) => {
      if (event.data.type === "chunk") return this.#loadChunk(event.data);
      const { id, error, state } = event.data;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(state);
      else waiting?.reject(new Error(error));
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#failed = new Error(
        `The storage thread of ${path} ended: ${event.message}; restart the server`,
      );
      for (const { reject } of this.#waiting.values()) reject(this.#failed);
      this.#waiting.clear();
    };
  }

  async open(load: (row: LoadedRow) => void): Promise<LogState> {
    this.#load = load;
    try {
      return (await this.#call({ type: "open", path: this.#path }))!;
    } catch (error) {
      this.#worker.terminate();
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(
        message.includes("locked")
          ? `Cannot open ${this.#path}: another server is using it; stop that one, or choose another data folder`
          : `Cannot open ${this.#path}: ${message}`,
      );
    } finally {
      this.#load = () => {};
    }
  }

  async append(rows: Row[]): Promise<void> {
    await this.#call({ type: "append", rows });
  }

  async compact(resourceVersion: number): Promise<void> {
    await this.#call({ type: "compact", resourceVersion });
  }

  async close(): Promise<void> {
    try {
      await this.#call({ type: "close" });
    } finally {
      this.#worker.terminate();
    }
  }

  #call(body: Body): Promise<LogState | undefined> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...body, id });
    });
  }

  #loadChunk({ numbers, strings, bytes }: Chunk) {
    let start = 0;
    for (let row = 0; row * 4 < numbers.length; row++) {
      const end = numbers[row * 4 + 3]!;
      this.#load({
        resourceVersion: numbers[row * 4]!,
        previous: numbers[row * 4 + 1]!,
        deleted: numbers[row * 4 + 2] === 1,
        resource: strings[row * 3]!,
        namespace: strings[row * 3 + 1]!,
        name: strings[row * 3 + 2]!,
        // A copy: a view would keep the whole chunk in memory for the sake of one object.
        value: bytes.slice(start, end),
      });
      start = end;
    }
  }
}
