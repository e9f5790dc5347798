import { posix } from "node:path";

/** Files of a repository by path, and the folders that they make. */
export class FileIndex<
  T extends { path: string; text: string } = { path: string; text: string },
> {
  readonly #files = new Map<string, T>();
  readonly #paths: string[];
  readonly #folders = new Set<string>(["."]);

  constructor(files: Iterable<T>) {
    for (const file of files) this.#files.set(file.path, file);
    this.#paths = [...this.#files.keys()].sort();
    for (const path of this.#paths) {
      for (
        let folder = posix.dirname(path);
        !this.#folders.has(folder);
        folder = posix.dirname(folder)
      ) this.#folders.add(folder);
    }
  }

  get(path: string): T | undefined {
    return this.#files.get(path);
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** All paths, in order. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** Paths of the files in a folder, and in folders of it. */
  below(folder: string): string[] {
    if (folder === ".") return this.#paths;
    const prefix = `${folder}/`;
    let [from, to] = [0, this.#paths.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#paths[middle]! < prefix) from = middle + 1;
      else to = middle;
    }
    const found: string[] = [];
    for (let i = from; this.#paths[i]?.startsWith(prefix); i++) {
      found.push(this.#paths[i]!);
    }
    return found;
  }
}
