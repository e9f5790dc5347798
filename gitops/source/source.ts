import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import { prepareCredentials, type SecretData } from "./credentials.ts";
import { forgetInstallationToken, isGitHubApp } from "./github_app.ts";
import { isBroken, Mirror } from "./mirror.ts";
import { MAX_FILE_BYTES, readTree, type SourceTree } from "./read_tree.ts";
import { parseRef, type RefSpec, type Tip } from "./ref.ts";
import { parseRemote } from "./remote.ts";
import { SourceError } from "./source_error.ts";
import {
  type Verification,
  type VerificationMode,
  verifySource,
} from "./verify.ts";

/** What of a repository is wanted. */
export interface SourceSpec {
  url: string;
  /** @default {{ branch: "main" }} */
  ref?: RefSpec;
  /** Folder to take as the top. */
  path?: string;
  /** What has to be signed, by which keys. */
  verify?: { mode?: VerificationMode; secret: SecretData };
}

/** Options of {@linkcode fetchSource}. */
export interface FetchSourceOptions {
  /** Where mirrors and passing credentials are kept. */
  stateDir: string;
  /** Names the mirror: that of the Repository. */
  name: string;
  secret?: SecretData;
  proxySecret?: SecretData;
  /** Longest time of one operation of git's, in milliseconds. @default {60000} */
  timeout?: number;
  select: (path: string, what: "file" | "link") => boolean;
  /** Reads more of the same commit, where what was selected needs it. */
  complete?: (
    tree: SourceTree,
    read: (select: (path: string) => boolean) => Promise<SourceTree>,
  ) => Promise<SourceTree>;
  /** What the last fetch returned. */
  previous?: Fetched;
  signal?: AbortSignal;
}

/** The content of a ref at some time. */
export interface Fetched {
  tree: SourceTree;
  /** Which ref, and what it named. */
  tip: Tip;
  /** Who signed it, where that was asked for. */
  verification?: Verification;
  /** What it was fetched from. */
  of: string;
  mirror: Mirror;
}

/**
 * Fetches a ref and reads its tree, once it is verified.
 *
 * Costs one small question to the remote where the ref has not moved; then
 * the very same value as last time is returned.
 *
 * @throws {SourceError}
 */
export async function fetchSource(
  spec: SourceSpec,
  options: FetchSourceOptions,
): Promise<Fetched> {
  const { stateDir, name, secret, proxySecret, select, previous, signal } =
    options;
  const { timeout = 60_000 } = options;
  const remote = parseRemote(spec.url);
  const ref = parseRef(spec.ref);
  const of = await identity(spec);
  const last = previous?.of === of ? previous : undefined;
  const mirror = last?.mirror ?? new Mirror({
    remote,
    dir: await mirrorDir(spec.url, { stateDir, name }),
    maxFileBytes: MAX_FILE_BYTES,
  });
  const dir = credentialsDir(stateDir);
  await using credentials = await prepareCredentials(remote, {
    secret,
    proxySecret,
    dir,
    timeout,
    signal,
  });
  const remotely = { credentials, timeout, signal };
  const fetchTip = async (tip: Tip): Promise<Tip> => ({
    ...tip,
    oid: await mirror.fetch(tip, {
      ...remotely,
      sparse: spec.path !== undefined,
    }),
  });
  const read = async (tip: Tip): Promise<Fetched> => {
    const isBranch = tip.ref.startsWith("refs/heads/");
    const commit = isBranch ? tip.oid : await mirror.commitOf(tip.oid, signal);
    const verification = spec.verify && await verifySource({
      mode: "HEAD",
      ...spec.verify,
      gitDir: mirror.dir,
      commit,
      tip,
      dir,
      signal,
    });
    const { inputs, files = [] } = last?.tree ?? {};
    const readMore = (
      select: FetchSourceOptions["select"],
      known: SourceTree | undefined,
    ) =>
      readTree(commit, {
        gitDir: mirror.dir,
        path: spec.path,
        select,
        previous: known,
        provide: (oids) => mirror.provide(oids, { ...remotely, commit, tip }),
        signal,
      });
    let tree = await readMore(select, last?.tree);
    if (options.complete) {
      tree = await options.complete(tree, (select) => {
        // The very same files wherever they are the same.
        const known = [...files, ...inputs ?? [], ...tree.files];
        return readMore(select, { ...tree, files: known });
      });
    }
    return { tree, tip, of, mirror, ...(verification ? { verification } : {}) };
  };
  try {
    let tip = await mirror.tip(ref, remotely);
    if (last?.tip.oid === tip.oid && last.tip.ref === tip.ref) return last;
    if (!await mirror.has(tip, signal)) tip = await fetchTip(tip);
    try {
      return await read(tip);
    } catch (error) {
      if (!isBroken(error)) throw error;
      await mirror.reset();
      return await read(await fetchTip(tip));
    }
  } catch (error) {
    if (
      !(error instanceof SourceError) || error.reason !== "AuthenticationFailed"
    ) throw error;
    if (secret && isGitHubApp(secret)) await forgetInstallationToken(secret);
    const lack = lackOf(secret);
    if (!lack) throw error;
    throw new SourceError(
      error.reason,
      error.what,
      `${error.detail}; no credentials were sent, as ${lack}`,
    );
  }
}

/** Why there is nothing to log in with; undefined where there is something. */
function lackOf(secret: SecretData | undefined): string | undefined {
  if (!secret) return "there is no .spec.secretRef";
  return Object.keys(secret).every((key) => key === "ca.crt")
    ? "the Secret of .spec.secretRef holds ca.crt alone"
    : undefined;
}

/** Removes the credentials that a kill in mid-fetch left behind. */
export async function removeLeftCredentials(stateDir: string): Promise<void> {
  try {
    await Deno.remove(credentialsDir(stateDir), { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

const credentialsDir = (stateDir: string) => `${stateDir}/credentials`;

/** The same for what gives the same from the same commit. */
async function identity(spec: SourceSpec): Promise<string> {
  const { url, ref, path, verify } = spec;
  // Keys are public, and too long to be kept.
  const keys = verify && await sha256Hex(JSON.stringify(verify.secret));
  return JSON.stringify([url, ref ?? null, path ?? "", verify?.mode, keys]);
}

/**
 * Where the mirror of a Repository is. It belongs to a URL: another one starts
 * from nothing, and that of the former is removed.
 */
async function mirrorDir(
  url: string,
  options: { stateDir: string; name: string },
): Promise<string> {
  const mirrors = `${options.stateDir}/mirrors`;
  const prefix = `${options.name.replace(/[^\w.-]/g, "_")}-`;
  const own = `${prefix}${(await sha256Hex(url)).slice(0, 12)}.git`;
  await Deno.mkdir(mirrors, { recursive: true, mode: 0o700 });
  for await (const { name } of Deno.readDir(mirrors)) {
    if (name === own || !name.startsWith(prefix)) continue;
    // Another Repository's name may begin so, too.
    if (!/^[0-9a-f]{12}\.git$/.test(name.slice(prefix.length))) continue;
    await Deno.remove(`${mirrors}/${name}`, { recursive: true });
  }
  return `${mirrors}/${own}`;
}
