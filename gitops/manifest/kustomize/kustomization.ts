/**
 * What a kustomization reads, found out before anything runs.
 *
 * @module
 */
import { posix } from "node:path";
import type { Document } from "yaml";
import { isObject } from "../is_object.ts";
import { didYouMean } from "../nearest.ts";
import { parseNodes } from "../parse_nodes.ts";
import { fieldName, type Problem } from "../problem.ts";
import type { FileIndex } from "./file_index.ts";

/** Names that Kustomize looks for in a folder. */
const NAME = /(^|\/)(kustomization\.ya?ml|Kustomization)$/;

/** Fields of files and folders that are read, and where in them the paths are. */
const PATHS: Record<string, "folders" | "files" | "patches" | "path" | "data"> =
  {
    resources: "folders",
    bases: "folders",
    components: "folders",
    crds: "files",
    configurations: "files",
    patchesStrategicMerge: "patches",
    patches: "path",
    patchesJson6902: "path",
    replacements: "path",
    openapi: "path",
    configMapGenerator: "data",
    secretGenerator: "data",
  };

/** Fields that read nothing. */
const OTHERS = [
  "apiVersion",
  "kind",
  "metadata",
  "namespace",
  "namePrefix",
  "nameSuffix",
  "labels",
  "commonLabels",
  "commonAnnotations",
  "images",
  "replicas",
  "generatorOptions",
  "vars",
  "buildMetadata",
  "sortOptions",
];

/** Fields that run programs, or fetch what they work on. */
const REFUSED = [
  "generators",
  "transformers",
  "validators",
  "helmCharts",
  "helmGlobals",
  "helmChartInflationGenerator",
];

/** Whether a path is that of a kustomization. */
export function isKustomization(path: string): boolean {
  return NAME.test(path);
}

/** Names that Kustomize looks for. */
const NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** Most paths that one may name, and problems of it that are told. */
const MOST_PATHS = 5000;
const MOST_PROBLEMS = 20;

/** A kustomization that was looked at. */
export interface Kustomization {
  /** Folders and files that it reads, from the top of the repository. */
  reads: Set<string>;
  /** What it says, for Kustomize: as it was understood here, and in no other way. */
  content?: Record<string, unknown>;
  problems: Problem[];
}

/**
 * Looks at a kustomization: every path in it has to be in the repository, and
 * no field may fetch or run anything.
 *
 * @param files All that is there; a path that is not is a problem. Without, it is not asked.
 */
export function readKustomization(
  file: { path: string; text: string },
  files?: FileIndex,
): Kustomization {
  const { documents, problems, position } = parseNodes({
    // `Kustomization` is YAML, too.
    path: file.path.replace(/Kustomization$/, "kustomization.yaml"),
    text: file.text,
  });
  for (const problem of problems) problem.file = file.path;
  const result: Kustomization = { reads: new Set(), problems };
  if (problems.length) return result;
  const [document, second] = documents;
  const content: unknown = document?.toJS();
  if (second || !isObject(content)) {
    problems.push({
      file: file.path,
      line: 1,
      column: 1,
      message: `found ${
        second ? "several documents" : "no object"
      }, expected one kustomization`,
    });
    return result;
  }
  const options = { file, files, document: document!, position, result };
  new Reader(content, options).read();
  result.content = content;
  return result;
}

interface ReaderOptions {
  file: { path: string };
  files?: FileIndex;
  document: Document.Parsed;
  position: (offset: number) => { line: number; column: number };
  result: Kustomization;
}

class Reader {
  readonly #options: ReaderOptions;
  readonly #content: Record<string, unknown>;

  constructor(content: Record<string, unknown>, options: ReaderOptions) {
    this.#content = content;
    this.#options = options;
  }

  read(): void {
    const content = this.#content;
    for (const [field, value] of Object.entries(content)) {
      const how = PATHS[field];
      if (REFUSED.includes(field)) {
        this.#report(
          [field],
          `is not taken: it runs programs or charts that are not in the repository; build its result yourself, and commit that`,
        );
      } else if (how) this.#field([field], value, how);
      else if (!OTHERS.includes(field)) {
        const known = [...Object.keys(PATHS), ...OTHERS];
        this.#report(
          [field],
          `is no field of a kustomization${didYouMean(field, known)}`,
        );
      }
    }
  }

  #field(
    path: PropertyKey[],
    value: unknown,
    how: (typeof PATHS)[string],
  ): void {
    if (Array.isArray(value)) {
      value.forEach((item, i) => this.#entry([...path, i], item, how));
    } else if (how === "path" && value !== null) this.#entry(path, value, how);
    else if (value !== null && value !== undefined) {
      this.#report(path, "found no list, expected one");
    }
  }

  #entry(
    path: PropertyKey[],
    item: unknown,
    how: (typeof PATHS)[string],
  ): void {
    if (how === "folders" || how === "files") {
      return this.#path(path, item, how === "folders");
    }
    if (how === "patches") {
      // A patch itself, rather than a file of it.
      if (typeof item === "string" && item.includes("\n")) return;
      return this.#path(path, item, false);
    }
    if (!isObject(item)) {
      return this.#report(path, "found no object, expected one");
    }
    if (how === "path") {
      if (item.path !== undefined) this.#path([...path, "path"], item.path);
      return;
    }
    for (const field of ["files", "envs", "env"]) {
      const value = item[field];
      const entries = Array.isArray(value) ? value : [value];
      entries.forEach((entry, i) => {
        if (entry === undefined || entry === null) return;
        const at = [...path, field, ...Array.isArray(value) ? [i] : []];
        // `key=path`
        const name = field === "files" && typeof entry === "string"
          ? entry.slice(entry.indexOf("=") + 1)
          : entry;
        this.#path(at, name);
      });
    }
  }

  #path(path: PropertyKey[], value: unknown, isFolder = false): void {
    if (typeof value !== "string" || value === "" || /[\r\n\0]/.test(value)) {
      return this.#report(path, "found no path, expected one");
    }
    const { result } = this.#options;
    if (
      result.problems.length >= MOST_PROBLEMS ||
      result.reads.size >= MOST_PATHS
    ) {
      return this.#report(path, `is one path more than ${MOST_PATHS}`);
    }
    const found = JSON.stringify(value.slice(0, 100));
    if (/^[\w+.-]+:|^[\w.-]+@|\?|^\/\/|^(github|gitlab)\.com/.test(value)) {
      return this.#report(
        path,
        `found ${found}, which is elsewhere; nothing is fetched for a build: put a copy into the repository`,
      );
    }
    const folder = posix.dirname(this.#options.file.path);
    const target = posix.normalize(posix.join(folder, value))
      .replace(/\/$/, "");
    if (value.startsWith("/") || target === ".." || target.startsWith("../")) {
      return this.#report(
        path,
        `found ${found}, which leads out of the repository`,
      );
    }
    result.reads.add(target);
    // However it looks, Kustomize takes no path for an address that starts so.
    const local = posix.relative(folder, target) || ".";
    this.#rewrite(path, value, local.startsWith(".") ? local : `./${local}`);
    const { files } = this.#options;
    if (!files || files.has(target)) return;
    if (!isFolder || !files.hasFolder(target)) {
      // The nearest of very many is not worth its time.
      const beside = files.paths.length > 10_000
        ? files.below(folder)
        : files.paths;
      return this.#report(
        path,
        `found ${found}, and there is no such ${
          isFolder ? "file or folder" : "file"
        } in the repository${
          didYouMean(value, beside.map((name) => posix.relative(folder, name)))
        }`,
      );
    }
    const hasOne = NAMES.some((name) =>
      files.has(target === "." ? name : `${target}/${name}`)
    );
    if (!hasOne) {
      this.#report(
        path,
        `found the folder ${found}, and there is no kustomization.yaml in it`,
      );
    }
  }

  /** Puts another path in the place of one, in what Kustomize is given. */
  #rewrite(path: PropertyKey[], from: string, to: string): void {
    let at = this.#content as Record<PropertyKey, unknown>;
    for (const part of path.slice(0, -1)) {
      at = at[part] as Record<PropertyKey, unknown>;
    }
    const last = path.at(-1)!;
    const value = at[last] as string;
    at[last] = value.slice(0, value.length - from.length) + to;
  }

  #report(path: PropertyKey[], message: string): void {
    const { file, document, position, result } = this.#options;
    if (result.problems.length >= MOST_PROBLEMS) return;
    const node = document.getIn(path, true) as { range?: [number] } | undefined;
    result.problems.push({
      file: file.path,
      ...position(node?.range?.[0] ?? 0),
      field: fieldName(path),
      message,
    });
  }
}
