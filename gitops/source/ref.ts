// @ts-types="./semver.d.ts"
import {
  compare,
  parseRange,
  satisfies,
  type SemVer,
  tryParse,
} from "deno-std/semver/mod.js";
import { SourceError } from "./source_error.ts";

/** What of a repository is followed; exactly one of these. */
export interface RefSpec {
  branch?: string;
  tag?: string;
  /** A range, of the tags that are versions. */
  semver?: string;
  /** A full name: `refs/pull/1/head`. */
  name?: string;
  /** A full hash. */
  commit?: string;
}

/** A checked {@linkcode RefSpec}. */
export interface SourceRef {
  kind: keyof RefSpec;
  value: string;
  /** What it is called in errors: `branch main`. */
  text: string;
}

/** Where a ref of the remote is. */
export interface Tip {
  /** `refs/heads/main`; the hash itself where that was asked for. */
  ref: string;
  /** The object it names: a commit, or a tag with a message of its own. */
  oid: string;
}

const KINDS = ["branch", "tag", "semver", "name", "commit"] as const;

/**
 * Checks what is to be followed.
 *
 * @throws {SourceError} SpecInvalid
 */
export function parseRef(spec: RefSpec = { branch: "main" }): SourceRef {
  const given = KINDS.filter((kind) => spec[kind]);
  const [kind] = given;
  if (!kind || given.length > 1) {
    throw new SourceError(
      "SpecInvalid",
      "Cannot follow spec.ref",
      `it takes exactly one of ${KINDS.join(", ")}; found ${
        given.join(" and ") || "none"
      }`,
    );
  }
  const value = spec[kind]!;
  const ref: SourceRef = {
    kind,
    value,
    text: kind === "semver"
      ? `semver range ${value}`
      : kind === "name"
      ? `ref ${value}`
      : `${kind} ${value}`,
  };
  const bad = (found: string) =>
    new SourceError(
      "SpecInvalid",
      `Cannot follow ${kind} ${JSON.stringify(value)}`,
      found,
    );
  switch (kind) {
    case "branch":
    case "tag":
      if (!isRefName(value)) throw bad(`it is no valid name of a ${kind}`);
      break;
    case "name":
      if (
        value !== "HEAD" && !(value.startsWith("refs/") && isRefName(value))
      ) {
        throw bad(
          "it is a full name such as refs/heads/main or refs/pull/1/head, or HEAD",
        );
      }
      break;
    case "commit":
      if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) {
        throw bad(
          "it is the whole hash of a commit, 40 (SHA-256: 64) hexadecimal digits in lower case",
        );
      }
      break;
    case "semver":
      try {
        parseRange(value);
      } catch {
        throw bad(
          "it is no range of versions, such as 1.2.x, ^1.2.0 or >=1.2.0 <2.0.0",
        );
      }
  }
  return ref;
}

/** What to ask the remote for; nothing where a hash says all. */
export function refPatterns({ kind, value }: SourceRef): string[] {
  switch (kind) {
    case "branch":
      return [`refs/heads/${value}`];
    case "tag":
      return [`refs/tags/${value}`];
    case "name":
      return [value];
    case "semver":
      return ["refs/tags/*"];
    case "commit":
      return [];
  }
}

/** The ref that is followed, out of those that the remote has (name to hash). */
export function selectTip(
  refs: ReadonlyMap<string, string>,
  { kind, value }: SourceRef,
): Tip | undefined {
  if (kind === "commit") return { ref: value, oid: value };
  const name = kind === "branch"
    ? `refs/heads/${value}`
    : kind === "tag"
    ? `refs/tags/${value}`
    : kind === "name"
    ? value
    : newestTag(refs.keys(), value);
  const oid = name && refs.get(name);
  return oid ? { ref: name, oid } : undefined;
}

/** As npm has it: a version with a pre-release only where the range names one of that version. */
function newestTag(names: Iterable<string>, text: string): string | undefined {
  const range = parseRange(text);
  let best: { name: string; version: SemVer } | undefined;
  for (const name of names) {
    const version = tryParse(name.replace(/^refs\/tags\//, ""));
    if (!version || !satisfies(version, range)) continue;
    const order = best ? compare(version, best.version) : 1;
    // Of two that differ in build metadata alone, the same one each time.
    if (order < 0 || (order === 0 && name <= best!.name)) continue;
    best = { name, version };
  }
  return best?.name;
}

/** As git check-ref-format has it, and nothing that could be an option. */
function isRefName(name: string): boolean {
  // deno-lint-ignore no-control-regex
  return !/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|^[-/.]|\/[./]|[./]$|\.lock(\/|$)|^@$/
    .test(name);
}
