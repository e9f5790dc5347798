import { GitError, LOCAL, runGit } from "./run_git.ts";

/** Bytes of what `git cat-file` says of each content, at most. */
const OVERHEAD = 128;

/** Options of a {@linkcode BlobStore}. */
export interface BlobStoreOptions {
  /** What is being done, for the error. */
  what: string;
  gitDir: string;
  /** Bytes of all that is read at once. */
  maxTotalBytes: number;
  /**
   * Gets contents into the store that may not be there, by their hashes.
   * @default all are there
   */
  provide?: (oids: string[]) => Promise<void>;
  signal?: AbortSignal;
}

/** Contents by hash, in git's own store. */
export class BlobStore {
  readonly #options: BlobStoreOptions;

  constructor(options: BlobStoreOptions) {
    this.#options = options;
  }

  /**
   * Bytes of each, which are in the store then.
   *
   * @throws {GitError} where one cannot be had
   */
  async sizes(oids: string[]): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const unique = [...new Set(oids)];
    if (unique.length === 0) return sizes;
    const text = await this.#lookFor(unique);
    let at = 0;
    for (const oid of unique) {
      const end = text.indexOf("\n", at);
      const before = at + oid.length + BLOB.length;
      if (end < before || !text.startsWith(BLOB, at + oid.length)) {
        throw this.#missing(oid, text.slice(at, end));
      }
      sizes.set(oid, Number(text.slice(before, end)));
      at = end + 1;
    }
    return sizes;
  }

  /**
   * Reads each of those once.
   *
   * @param visit Gets its bytes, which are a part of all and not to be kept
   */
  async read(
    oids: string[],
    visit: (oid: string, bytes: Uint8Array) => void,
  ): Promise<void> {
    const unique = [...new Set(oids)];
    if (unique.length === 0) return;
    const out = await this.#catFile("--batch", unique);
    let at = 0;
    for (const oid of unique) {
      const end = out.indexOf(0x0a, at);
      const header = new TextDecoder().decode(out.subarray(at, end));
      if (!header.startsWith(BLOB, oid.length)) {
        throw this.#missing(oid, header);
      }
      const size = Number(header.slice(oid.length + BLOB.length));
      visit(oid, out.subarray(end + 1, end + 1 + size));
      at = end + 1 + size + 1;
    }
  }

  /** A line of `--batch-check` for each, which is got first where it is not there. */
  async #lookFor(oids: string[]): Promise<string> {
    const { provide } = this.#options;
    const look = async () =>
      new TextDecoder().decode(await this.#catFile("--batch-check", oids));
    if (!provide) return await look();
    try {
      const lines = await look();
      if (!lines.includes(" missing\n")) return lines;
    } catch (error) {
      // Git before 2.45 fails where it may not fetch what was left out.
      if (!(error instanceof GitError)) throw error;
    }
    await provide(oids);
    return await look();
  }

  #catFile(
    mode: "--batch" | "--batch-check",
    oids: string[],
  ): Promise<Uint8Array> {
    const { what, gitDir, signal, maxTotalBytes } = this.#options;
    return runGit(["cat-file", mode, "--buffer"], {
      what,
      gitDir,
      signal,
      env: LOCAL,
      stdin: new TextEncoder().encode(oids.join("\n") + "\n"),
      maxBytes: maxTotalBytes + oids.length * OVERHEAD,
    });
  }

  #missing(oid: string, header: string): GitError {
    return new GitError(
      this.#options.what,
      `missing blob ${oid}: ${header}`,
    );
  }
}

/** What stands between the hash of a content and its size. */
const BLOB = " blob ";
