import { dirname, join } from "node:path";

/** When a log file is replaced by a new one, and how many stay. */
export interface LogFileOptions {
  /** Path; rotated files stand beside it, the time of their end in their name. */
  path: string;
  /** Bytes. @default 100 MiB */
  maxBytes?: number;
  /** Rotated files that stay. @default {10} */
  maxBackups?: number;
  /** Days that a rotated file stays. @default {30} */
  maxAgeDays?: number;
  /** Bytes that wait to be written; what comes beyond is dropped and counted. @default 16 MiB */
  maxQueued?: number;
  now?: () => Date;
  /** Told of each write that failed; those lines are lost. */
  onError(error: unknown): void;
}

const DAY = 24 * 3_600_000;

/**
 * A file of lines (mode 0600) that never makes its writers wait: they are
 * written in batches, and dropped where the disk does not keep up.
 */
export class LogFile {
  readonly #options: Required<LogFileOptions>;
  readonly #encoder = new TextEncoder();
  #file: Deno.FsFile;
  #size: number;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writing: Promise<void> | undefined;
  /** Lines that are lost. */
  dropped = 0;

  private constructor(
    options: Required<LogFileOptions>,
    file: Deno.FsFile,
    size: number,
  ) {
    this.#options = options;
    this.#file = file;
    this.#size = size;
  }

  /** @throws Error where the file cannot be written */
  static async open(options: LogFileOptions): Promise<LogFile> {
    const {
      maxBytes = 100 << 20,
      maxBackups = 10,
      maxAgeDays = 30,
      maxQueued = 16 << 20,
      now = () => new Date(),
    } = options;
    const all = {
      ...options,
      maxBytes,
      maxBackups,
      maxAgeDays,
      maxQueued,
      now,
    };
    const { file, size } = await open(options.path);
    return new LogFile(all, file, size);
  }

  /** Appends a line; at once or never. */
  write(line: string): void {
    const bytes = this.#encoder.encode(line + "\n");
    if (this.#queued + bytes.length > this.#options.maxQueued) {
      this.dropped++;
      return;
    }
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Whatever is ready in this turn goes together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const lines = this.#queue;
      this.#queue = [];
      this.#queued = 0;
      try {
        await this.#append(lines);
      } catch (error) {
        this.dropped += lines.length;
        this.#options.onError(error);
      }
    }
    // In the same turn as the look at the queue: a line that comes later starts a drain of its own.
    this.#writing = undefined;
  }

  async #append(lines: Uint8Array[]): Promise<void> {
    let from = 0;
    while (from < lines.length) {
      let to = from;
      let bytes = 0;
      // A line that is larger than the whole file may be still gets one.
      while (
        to < lines.length &&
        (this.#size + bytes + lines[to]!.length <= this.#options.maxBytes ||
          this.#size + bytes === 0)
      ) bytes += lines[to++]!.length;
      if (to === from) {
        await this.#rotate();
        continue;
      }
      const whole = new Uint8Array(bytes);
      let offset = 0;
      for (const line of lines.slice(from, to)) {
        whole.set(line, offset);
        offset += line.length;
      }
      for (let n = 0; n < bytes;) {
        n += await this.#file.write(whole.subarray(n));
      }
      this.#size += bytes;
      from = to;
    }
  }

  async #rotate(): Promise<void> {
    const { path, now } = this.#options;
    const time = now().toISOString().replaceAll(":", "-");
    try {
      await Deno.rename(path, `${path}.${time}`);
    } catch (error) {
      // Somebody took it away, or the last try came no further than this.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    // First, so that there is one to go on with where it fails.
    const { file, size } = await open(path);
    this.#file.close();
    this.#file = file;
    this.#size = size;
    await this.#removeOld();
  }

  async #removeOld(): Promise<void> {
    const { path, maxBackups, maxAgeDays, now } = this.#options;
    const dir = dirname(path);
    const prefix = `${path.slice(dir === "." ? 0 : dir.length + 1)}.`;
    const rotated: { file: string; time: number }[] = [];
    for await (const { name } of Deno.readDir(dir)) {
      const found = name.startsWith(prefix) &&
        /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)$/
          .exec(name.slice(prefix.length));
      if (!found) continue;
      const time = Date.parse(`${found[1]}:${found[2]}:${found[3]}`);
      rotated.push({ file: join(dir, name), time });
    }
    rotated.sort((a, b) => b.time - a.time);
    const oldest = now().getTime() - maxAgeDays * DAY;
    for (const [i, { file, time }] of rotated.entries()) {
      if (i >= maxBackups || time < oldest) await Deno.remove(file);
    }
  }

  /** Resolves when nothing waits to be written. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Writes what waits, and ends. */
  async close(): Promise<void> {
    await this.settled();
    this.#file.close();
  }
}

async function open(
  path: string,
): Promise<{ file: Deno.FsFile; size: number }> {
  try {
    const file = await Deno.open(path, {
      append: true,
      create: true,
      mode: 0o600,
    });
    return { file, size: (await file.stat()).size };
  } catch (error) {
    throw new Error(`Cannot write the audit log ${path}`, { cause: error });
  }
}
