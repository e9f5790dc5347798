import { join } from "node:path";
import type { z } from "zod";
import { type Logger, silentLogger } from "../../kube/log.ts";
import { TEMPORARY, writeAtomic } from "../../kube/atomic_file.ts";
import { lockFile } from "./folder_lock.ts";

/** Folders in the state folder. */
const FOLDERS = ["keys", "revisions", "artifacts", "secrets", "plugins"];

/** All that an agent keeps on disk. One agent at a time has it. */
export class StateFolder implements Disposable {
  readonly path: string;
  readonly #lock: Disposable;
  readonly #log: Logger;

  private constructor(path: string, parts: { lock: Disposable; log: Logger }) {
    this.path = path;
    this.#lock = parts.lock;
    this.#log = parts.log;
  }

  /**
   * Opens the folder, made (mode 0700) where it is not there.
   *
   * @throws Error where another agent has it open, or it cannot be made
   */
  static async open(
    path: string,
    { log = silentLogger }: { log?: Logger } = {},
  ): Promise<StateFolder> {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 }).catch((error) => {
      throw new Error(
        `Cannot use state folder ${path}: ${error.message}; choose another by --state-dir`,
        { cause: error },
      );
    });
    // It may have been there before, more open.
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o700);
    const lock = await lockFile(join(path, "lock"));
    for (const folder of FOLDERS) {
      await Deno.mkdir(join(path, folder), { recursive: true, mode: 0o700 });
    }
    const state = new StateFolder(path, { lock, log });
    for (const folder of [".", ...FOLDERS.filter((f) => f !== "plugins")]) {
      await state.#removeTemporary(folder);
    }
    return state;
  }

  /** Path of a file in it. */
  file(...segments: string[]): string {
    return join(this.path, ...segments);
  }

  /**
   * A value that was written with {@linkcode writeJson}; undefined where it was not.
   *
   * A file that holds something else is set aside: nobody may be near to mend it, and a device that begins anew can be
   * let in again from the hub.
   */
  async readJson<S extends z.ZodType>(
    name: string,
    schema: S,
  ): Promise<z.infer<S> | undefined> {
    const text = await this.readText(name);
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      // Not the parser's own words: they quote the file, which may be a key.
      return await this.#setAside(name, "it is not JSON");
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0]!;
    return await this.#setAside(
      name,
      `${issue.path.join(".")}: ${issue.message}`,
    );
  }

  async #setAside(name: string, error: string): Promise<undefined> {
    const aside = `${this.file(name)}.damaged`;
    await Deno.rename(this.file(name), aside);
    this.#log.error("A damaged file of the state folder is set aside", {
      file: this.file(name),
      aside,
      error,
    });
  }

  /** Text of a file; undefined where it is not there. */
  async readText(name: string): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(this.file(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Bytes of a file; undefined where it is not there. */
  async readBytes(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(this.file(name));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Writes a value: whole or not at all, readable by its owner only. */
  async writeJson(name: string, value: unknown): Promise<void> {
    await writeAtomic(this.file(name), JSON.stringify(value, null, 2) + "\n");
  }

  /** Writes a file: whole or not at all, readable by its owner only. */
  async write(name: string, data: Uint8Array | string): Promise<void> {
    await writeAtomic(this.file(name), data);
  }

  /** Removes the files of a folder that `keep` does not want. */
  async prune(folder: string, keep: (name: string) => boolean): Promise<void> {
    for await (const { name } of Deno.readDir(this.file(folder))) {
      if (!keep(name)) {
        await Deno.remove(this.file(folder, name), { recursive: true });
      }
    }
  }

  async #removeTemporary(folder: string): Promise<void> {
    for await (const { name, isFile } of Deno.readDir(this.file(folder))) {
      if (isFile && name.startsWith(TEMPORARY)) {
        await Deno.remove(this.file(folder, name));
      }
    }
  }

  [Symbol.dispose](): void {
    this.#lock[Symbol.dispose]();
  }
}
