import { prepareCredentials, type SecretData } from "./credentials.ts";
import { isBroken, Mirror } from "./mirror.ts";
import { readTree, type SourceTree } from "./read_tree.ts";
import { parseRemote } from "./remote.ts";

/** What of a repository is wanted. */
export interface SourceSpec {
  url: string;
  /** @default {"main"} */
  branch?: string;
  /** Folder to take as the top. */
  path?: string;
}

/** Options of {@linkcode fetchSource}. */
export interface FetchSourceOptions {
  /** Where mirrors and passing credentials are kept. */
  stateDir: string;
  /** Names the mirror: that of the Repository. */
  name: string;
  secret?: SecretData;
  select: (path: string, what: "file" | "link") => boolean;
  /** What the last fetch returned. */
  previous?: Fetched;
  signal?: AbortSignal;
}

/** The content of a branch at some time. */
export interface Fetched {
  tree: SourceTree;
  /** What it was fetched from. */
  of: string;
  mirror: Mirror;
}

/**
 * Fetches a branch and reads its tree.
 *
 * Costs one small question to the remote where the branch has not moved; then
 * the very same value as last time is returned.
 */
export async function fetchSource(
  spec: SourceSpec,
  options: FetchSourceOptions,
): Promise<Fetched> {
  const { stateDir, name, secret, select, previous, signal } = options;
  const remote = parseRemote(spec.url);
  const branch = checkBranch(spec.branch ?? "main");
  const of = JSON.stringify([spec.url, branch, spec.path ?? ""]);
  const mirror = previous?.of === of ? previous.mirror : new Mirror({
    remote,
    dir: `${stateDir}/mirrors/${await mirrorName(name, spec.url)}`,
  });
  await Deno.mkdir(`${stateDir}/mirrors`, { recursive: true, mode: 0o700 });
  await using credentials = await prepareCredentials(remote, {
    secret,
    dir: `${stateDir}/credentials`,
  });
  let commit = await mirror.tip(branch, { credentials, signal });
  const last = previous?.of === of ? previous.tree : undefined;
  if (last?.commit === commit) return previous!;
  if (!await mirror.has(commit, signal)) {
    commit = await mirror.fetch(branch, { credentials, signal });
  }
  const read = () =>
    readTree(commit, {
      gitDir: mirror.dir,
      path: spec.path,
      select,
      previous: last,
      signal,
    });
  try {
    return { tree: await read(), of, mirror };
  } catch (error) {
    if (!isBroken(error)) throw error;
    await mirror.reset();
    commit = await mirror.fetch(branch, { credentials, signal });
    return { tree: await read(), of, mirror };
  }
}

/** As git check-ref-format has it, and nothing that could be an option. */
function checkBranch(branch: string): string {
  if (
    // deno-lint-ignore no-control-regex
    /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|^[-/.]|\/[./]|[./]$|\.lock(\/|$)/
      .test(branch)
  ) {
    throw new Error(
      `Cannot follow branch ${
        JSON.stringify(branch)
      }: it is no valid name of a branch`,
    );
  }
  return branch;
}

/** A mirror belongs to a URL: another one starts from nothing. */
async function mirrorName(name: string, url: string): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(url),
  );
  const hex = [...new Uint8Array(digest).subarray(0, 6)]
    .map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${name.replace(/[^\w.-]/g, "_")}-${hex}.git`;
}
