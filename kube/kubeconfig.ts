import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { writeAtomic } from "./atomic_file.ts";

/** A named raw value that kubectl keeps for other programs. */
export interface NamedExtension {
  name: string;
  extension: unknown;
}

/** `clusters[].cluster` of a kubeconfig. */
export interface KubeconfigCluster {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "tls-server-name"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "proxy-url"?: string;
  extensions?: NamedExtension[];
}

/** A program that hands out credentials (client-go credential plugin). */
export interface ExecConfig {
  apiVersion?: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: string;
}

/** `users[].user` of a kubeconfig. */
export interface KubeconfigUser {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[];
  exec?: ExecConfig;
  extensions?: NamedExtension[];
}

/** `contexts[].context` of a kubeconfig. */
export interface KubeconfigContext {
  cluster?: string;
  user?: string;
  namespace?: string;
  extensions?: NamedExtension[];
}

/** A kubeconfig file, or several merged. */
export interface Kubeconfig {
  apiVersion: "v1";
  kind: "Config";
  "current-context"?: string;
  clusters: { name: string; cluster: KubeconfigCluster }[];
  users: { name: string; user: KubeconfigUser }[];
  contexts: { name: string; context: KubeconfigContext }[];
  preferences?: unknown;
  extensions?: NamedExtension[];
}

/** Options of {@linkcode loadKubeconfig}. */
export interface LoadKubeconfigOptions {
  /** The one file to read. @default those of `KUBECONFIG`, `~/.kube/config`, in-cluster */
  path?: string;
  /** Becomes the current context. An error where there is none of that name. */
  context?: string;
  /** Where `KUBECONFIG`, `HOME` and the like are looked up. @default {Deno.env} */
  env?: { get(name: string): string | undefined };
  /** Folder of a pod's ServiceAccount. For tests. */
  serviceAccountDir?: string;
}

/**
 * Reads the kubeconfig that kubectl would.
 *
 * Of the files of `KUBECONFIG` the first to name a cluster, user, context or
 * current context wins; files that do not exist are skipped, paths in a file
 * are relative to its folder. Without any file, the ServiceAccount of the pod
 * we may run in.
 */
export async function loadKubeconfig(
  options: LoadKubeconfigOptions = {},
): Promise<Kubeconfig> {
  const env = options.env ?? Deno.env;
  const merged = await loadFiles(options, env);
  if (options.context !== undefined) {
    if (!merged.contexts.some((c) => c.name === options.context)) {
      throw new Error(
        `Cannot use context ${JSON.stringify(options.context)}: ${
          knownContexts(merged)
        }`,
      );
    }
    merged["current-context"] = options.context;
  }
  return merged;
}

type Env = { get(name: string): string | undefined };

async function loadFiles(
  options: LoadKubeconfigOptions,
  env: Env,
): Promise<Kubeconfig> {
  if (options.path !== undefined) {
    return from(await readConfig(options.path), [options.path]);
  }
  const listed = (env.get("KUBECONFIG") ?? "")
    .split(Deno.build.os === "windows" ? ";" : ":").filter(Boolean);
  const paths = listed.length ? listed : homeConfig(env);
  const found: Kubeconfig[] = [];
  const read: string[] = [];
  for (const path of paths) {
    try {
      found.push(await readConfig(path));
      read.push(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (found.length) return from(mergeKubeconfigs(found), read);
  const inCluster = await inClusterKubeconfig(options, env);
  if (inCluster) return inCluster;
  throw new Error(
    `Cannot find a kubeconfig: ${
      paths.length ? `${paths.join(", ")} does not exist` : "HOME is not set"
    } and this is no pod of a cluster. ` +
      "Set KUBECONFIG or pass --kubeconfig.",
  );
}

function homeConfig(env: Env): string[] {
  const home = env.get("HOME") || env.get("USERPROFILE");
  return home ? [join(home, ".kube", "config")] : [];
}

async function readConfig(path: string): Promise<Kubeconfig> {
  let text;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Cannot read kubeconfig ${path}: ${why}`;
    if (error instanceof Deno.errors.NotFound) {
      throw new Deno.errors.NotFound(message);
    }
    throw new Error(message, { cause: error });
  }
  return parseKubeconfig(text, { baseDir: dirname(path), source: path });
}

async function inClusterKubeconfig(
  options: LoadKubeconfigOptions,
  env: Env,
): Promise<Kubeconfig | undefined> {
  const host = env.get("KUBERNETES_SERVICE_HOST");
  const port = env.get("KUBERNETES_SERVICE_PORT") ?? "443";
  if (!host) return undefined;
  const dir = options.serviceAccountDir ??
    "/var/run/secrets/kubernetes.io/serviceaccount";
  const namespace = await Deno.readTextFile(join(dir, "namespace"))
    .catch(() => "default");
  const name = "in-cluster";
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{
      name,
      cluster: {
        server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
        "certificate-authority": join(dir, "ca.crt"),
      },
    }],
    users: [{ name, user: { tokenFile: join(dir, "token") } }],
    contexts: [{
      name,
      context: { cluster: name, user: name, namespace: namespace.trim() },
    }],
  };
}

/** Merges kubeconfigs as kubectl does: the first to name a thing wins. */
export function mergeKubeconfigs(configs: Kubeconfig[]): Kubeconfig {
  const first = <T extends { name: string }>(lists: T[][]): T[] => {
    const byName = new Map<string, T>();
    for (const item of lists.flat()) {
      if (!byName.has(item.name)) byName.set(item.name, item);
    }
    return [...byName.values()];
  };
  return {
    ...Object.assign({}, ...configs.toReversed()),
    apiVersion: "v1",
    kind: "Config",
    "current-context": configs.map((c) => c["current-context"]).find(Boolean),
    clusters: first(configs.map((c) => c.clusters)),
    users: first(configs.map((c) => c.users)),
    contexts: first(configs.map((c) => c.contexts)),
  };
}

/**
 * Parses a kubeconfig (YAML or JSON), making its paths absolute.
 *
 * What it does not know (extensions above all) is kept.
 */
export function parseKubeconfig(
  text: string,
  options: {
    /** Folder that paths in it are relative to. @default the current one */
    baseDir?: string;
    /** Where it is from, for errors. @default {"kubeconfig"} */
    source?: string;
  } = {},
): Kubeconfig {
  const { baseDir = ".", source = "kubeconfig" } = options;
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (error) {
    // Only the first line: the rest quotes the file, which holds credentials.
    const why = (error as Error).message.split("\n")[0]!.replace(/:$/, "");
    throw new Error(`Cannot parse ${source}: ${why}`);
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new Error(`Cannot parse ${source}: it is not a YAML mapping`);
  }
  const config = value as Kubeconfig;
  if ((config.kind ?? "Config") !== "Config") {
    throw new Error(
      `Cannot parse ${source}: its kind is ${config.kind}, not Config`,
    );
  }
  const list = <T extends { name: string }>(
    key: "clusters" | "users" | "contexts",
    inner: string,
  ): T[] => {
    const items = (config[key] ?? []) as unknown[];
    if (!Array.isArray(items)) {
      throw new Error(`Cannot parse ${source}: ${key} is not a list`);
    }
    return items.map((item, i) => {
      if (typeof (item as T | null)?.name !== "string") {
        throw new Error(`Cannot parse ${source}: ${key}[${i}] has no name`);
      }
      const entry = item as Record<string, unknown>;
      return { ...entry, [inner]: entry[inner] ?? {} } as unknown as T;
    });
  };
  const result: Kubeconfig = {
    ...config,
    apiVersion: "v1",
    kind: "Config",
    clusters: list("clusters", "cluster"),
    users: list("users", "user"),
    contexts: list("contexts", "context"),
  };
  for (const { cluster } of result.clusters) {
    absolute(cluster, ["certificate-authority"], baseDir);
  }
  for (const { user } of result.users) {
    absolute(user, ["client-certificate", "client-key", "tokenFile"], baseDir);
    // A bare command is found on the PATH; one with a folder is relative.
    const command = user.exec?.command;
    if (command && /[/\\]/.test(command) && !isAbsolute(command)) {
      user.exec = { ...user.exec!, command: resolve(baseDir, command) };
    }
  }
  return result;
}

function absolute<T extends object>(
  object: T,
  keys: (keyof T)[],
  baseDir: string,
): void {
  for (const key of keys) {
    const path = object[key];
    if (typeof path === "string" && path && !isAbsolute(path)) {
      object[key] = resolve(baseDir, path) as T[keyof T];
    }
  }
}

/** Files that a kubeconfig was read from; no part of it, so that it is written as it was. */
const origins = new WeakMap<Kubeconfig, string[]>();

function from(kubeconfig: Kubeconfig, paths: string[]): Kubeconfig {
  origins.set(kubeconfig, paths);
  return kubeconfig;
}

/** Names of the contexts there are, for error messages. */
export function knownContexts(kubeconfig: Kubeconfig): string {
  const names = kubeconfig.contexts.map((c) => c.name);
  const paths = origins.get(kubeconfig) ?? [];
  const what = paths.length
    ? `kubeconfig ${paths.join(", ")}`
    : "the kubeconfig";
  return names.length
    ? `${what} has ${names.join(", ")}`
    : `${what} has no contexts`;
}

/** A kubeconfig as YAML. */
export function stringifyKubeconfig(kubeconfig: Kubeconfig): string {
  return stringify(kubeconfig, {
    lineWidth: 0,
    aliasDuplicateObjects: false,
    // kubectl reads YAML 1.1, where a namespace `y` or `on` is a boolean.
    compat: "yaml-1.1",
  });
}

/**
 * Writes a kubeconfig that only its owner may read (mode 0600).
 *
 * Whoever reads it meanwhile sees the old or the new file whole, also after a
 * power cut.
 */
export async function writeKubeconfig(
  path: string,
  kubeconfig: Kubeconfig,
): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, stringifyKubeconfig(kubeconfig));
}
