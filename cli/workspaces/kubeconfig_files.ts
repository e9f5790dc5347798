import { dirname, isAbsolute, join, resolve } from "node:path";
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from "yaml";
import { writeAtomic } from "../../kube/atomic_file.ts";
import { lockKubeconfig } from "../../kube/kubeconfig_lock.ts";
import type { Io } from "../io.ts";

/** kubectl reads YAML 1.1, where a namespace `y` or `on` is a boolean. */
const KUBECTL_YAML = { compat: "yaml-1.1" } as const;

/** Where entries of a kubeconfig are, and what they are called in there. */
const ENTRIES = { contexts: "context", clusters: "cluster" } as const;

/** Fields of a cluster that are paths, relative to the file's folder. */
const PATHS = ["certificate-authority"];

/** An entry of a kubeconfig, in the file that it stands in. */
export interface KubeconfigEntry {
  path: string;
  /** What is below `context` or `cluster`; to be changed in place. */
  value: YAMLMap;
  document: Document;
}

/** Options of {@linkcode KubeconfigFiles.open}. */
export interface KubeconfigFilesOptions {
  /** A file, instead of those of KUBECONFIG. */
  kubeconfig?: string | undefined;
  /** A context, instead of the current one. */
  context?: string | undefined;
  io: Pick<Io, "env">;
  /** Ends the wait for another program that changes them. */
  signal?: AbortSignal;
}

/** The files that make a kubeconfig, to be changed in place: what is not changed stays as it is, comments too. */
export class KubeconfigFiles {
  /** The context that kubectl would use, or that was asked for. */
  readonly contextName: string;
  readonly #files: { path: string; document: Document }[];
  readonly #changed = new Set<string>();

  private constructor(
    files: { path: string; document: Document }[],
    contextName: string,
  ) {
    this.#files = files;
    this.contextName = contextName;
  }

  /**
   * Reads them: `--kubeconfig`, else those of KUBECONFIG, else ~/.kube/config.
   *
   * @throws where there is none, or no context is current
   */
  static async open(
    options: KubeconfigFilesOptions,
  ): Promise<KubeconfigFiles> {
    const paths = kubeconfigPaths(options);
    const files: { path: string; document: Document }[] = [];
    for (const path of paths) {
      try {
        const text = await Deno.readTextFile(path);
        files.push({ path, document: parseDocument(text, KUBECTL_YAML) });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    if (files.length === 0) {
      throw new Error(
        `Cannot find a kubeconfig: ${paths.join(", ")} does not exist. ` +
          "Set KUBECONFIG or pass --kubeconfig.",
      );
    }
    const name = options.context ??
      files.map(({ document }) => document.get("current-context"))
        .find((value) => typeof value === "string" && value);
    if (typeof name !== "string") {
      throw new Error(
        `Cannot choose a context: ${
          paths.join(", ")
        } sets no current-context. ` +
          "Pass --context NAME.",
      );
    }
    return new KubeconfigFiles(files, name);
  }

  /**
   * Reads them, changes them, and writes them; no other program may in between.
   *
   * @returns what the change returns
   * @throws as {@linkcode KubeconfigFiles.open}; what the change throws, and then nothing is written
   */
  static async change<T>(
    change: (files: KubeconfigFiles) => T,
    options: KubeconfigFilesOptions,
  ): Promise<T> {
    await using _ = await lockKubeconfig(kubeconfigPaths(options), options);
    const files = await KubeconfigFiles.open(options);
    const result = change(files);
    await files.#save();
    return result;
  }

  /** Their paths, for people. */
  get paths(): string {
    return this.#files.map(({ path }) => path).join(", ");
  }

  /** An entry by its name; of several files the first that has it counts. */
  find(
    kind: keyof typeof ENTRIES,
    name: string,
  ): KubeconfigEntry | undefined {
    for (const { path, document } of this.#files) {
      const value = named(document.get(kind), name)?.get(ENTRIES[kind]);
      if (isMap(value)) return { path, value, document };
    }
    return undefined;
  }

  /** @throws where there is none of that name */
  get(kind: keyof typeof ENTRIES, name: string): KubeconfigEntry {
    const entry = this.find(kind, name);
    if (entry) return entry;
    throw new Error(
      `Cannot use ${ENTRIES[kind]} ${name}: it is not in ${this.paths}`,
    );
  }

  /** Writes an entry over the one of its name, or beside `from`, which it is made of. */
  put(
    kind: keyof typeof ENTRIES,
    name: string,
    { value, from }: { value: Record<string, unknown>; from: KubeconfigEntry },
  ): void {
    const { path, document } = this.find(kind, name) ?? from;
    const moved = { ...value };
    for (const field of PATHS) {
      const file = moved[field];
      if (typeof file !== "string" || isAbsolute(file)) continue;
      if (dirname(path) === dirname(from.path)) continue;
      moved[field] = resolve(dirname(from.path), file);
    }
    const list = document.get(kind);
    const node = document.createNode({ name, [ENTRIES[kind]]: moved });
    const old = named(list, name);
    if (old) old.set(ENTRIES[kind], document.createNode(moved));
    else if (isSeq(list)) list.add(node);
    else document.set(kind, document.createNode([node]));
    this.touch(path);
  }

  /** Makes a context the current one. */
  setCurrent(name: string): void {
    const file =
      this.#files.find(({ document }) => document.get("current-context")) ??
        this.#files[0]!;
    file.document.set("current-context", name);
    this.touch(file.path);
  }

  /** Notes that an entry of that file was changed in place. */
  touch(path: string): void {
    this.#changed.add(path);
  }

  /** Writes the files that have changed, each at once. */
  async #save(): Promise<void> {
    for (const { path, document } of this.#files) {
      if (!this.#changed.has(path)) continue;
      const { mode } = await Deno.stat(path);
      await writeAtomic(path, document.toString({ lineWidth: 0 }), {
        mode: (mode ?? 0o600) & 0o777,
      });
    }
    this.#changed.clear();
  }
}

/** The element of a list whose `name` is that. */
export function named(list: unknown, name: string): YAMLMap | undefined {
  if (!isSeq(list)) return undefined;
  return list.items.find((item): item is YAMLMap =>
    isMap(item) && item.get("name") === name
  );
}

function kubeconfigPaths(
  options: Pick<KubeconfigFilesOptions, "kubeconfig" | "io">,
): string[] {
  if (options.kubeconfig) return [options.kubeconfig];
  const separator = Deno.build.os === "windows" ? ";" : ":";
  const listed = options.io.env("KUBECONFIG")?.split(separator).filter(Boolean);
  if (listed?.length) return listed;
  const home = options.io.env("HOME") ?? options.io.env("USERPROFILE") ?? ".";
  return [join(home, ".kube", "config")];
}
