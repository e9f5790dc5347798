/** Notices that a file is no longer where it was opened. */
export class SameFile {
  #path: string;
  #opened: Deno.FileInfo;

  constructor(path: string) {
    this.#path = path;
    this.#opened = Deno.statSync(path);
  }

  /**
   * A folder that was removed, moved or replaced, or whose file system is gone, takes what is written all the same, and
   * whoever starts on that path later finds none of it.
   *
   * @throws where another file stands there, or none
   */
  require(): void {
    let found: Deno.FileInfo | undefined;
    try {
      found = Deno.statSync(this.#path);
    } catch {
      // Told below.
    }
    const { ino, dev } = this.#opened;
    if (found && found.ino === ino && found.dev === dev) return;
    throw new Error(
      `${this.#path} is no longer the file that this server opened, so that what it writes would be lost; put it back, or restart the server`,
    );
  }
}
