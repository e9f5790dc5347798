import type { Repository } from "../../api/repository.ts";
import {
  denoProxy,
  installationToken,
  isGitHubApp,
} from "../source/github_app.ts";
import { parseProxy, type Proxy } from "../source/proxy.ts";
import { SourceError } from "../source/source_error.ts";
import { openBitbucket } from "./bitbucket.ts";
import type { Forge, ForgeSpec, OpenForge } from "./forge.ts";
import { ForgeClient, ForgeError } from "./forge_client.ts";
import { openGitea } from "./gitea.ts";
import { gitHubApi, openGitHub } from "./github.ts";
import { openGitLab } from "./gitlab.ts";
import { projectOf } from "./project.ts";

type Secret = Record<string, string>;

interface ForgeKind {
  open: OpenForge;
  /** Root of its API, of its address as in a browser. */
  api(root: string): string;
  headers(token: string): Record<string, string>;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const gitea: ForgeKind = {
  open: openGitea,
  api: (root) => `${root}/api/v1`,
  headers: (token) => ({ authorization: `token ${token}` }),
};
const KINDS: Record<ForgeSpec["type"], ForgeKind> = {
  github: {
    open: openGitHub,
    api: gitHubApi,
    headers: (token) => ({
      ...bearer(token),
      accept: "application/vnd.github+json",
      "x-github-api-version": "2022-11-28",
    }),
  },
  gitlab: {
    open: openGitLab,
    api: (root) => `${root}/api/v4`,
    headers: bearer,
  },
  gitea,
  forgejo: gitea,
  bitbucket: {
    open: openBitbucket,
    api: (root) =>
      new URL(root).host === "bitbucket.org"
        ? "https://api.bitbucket.org/2.0"
        : `${root}/2.0`,
    headers: bearer,
  },
};

/** Options of {@linkcode openForge}. */
export interface OpenForgeOptions {
  /** What the Secret of `spec.forge.secretRef` holds. */
  secret: Secret | undefined;
  /** What the Secret of `spec.proxySecretRef` holds. */
  proxySecret?: Secret | undefined;
  onRequest?: (code: number | undefined) => void;
  /** Milliseconds since 1970. */
  now: () => number;
  signal?: AbortSignal;
}

/**
 * Opens the forge of a Repository.
 *
 * @throws {ForgeError} where something is missing
 */
export async function openForge(
  { spec }: Repository,
  options: OpenForgeOptions,
): Promise<Forge & Disposable> {
  const forge = spec.forge!;
  const kind = KINDS[forge.type];
  const { root, path } = projectOf(spec);
  const { secret, proxySecret, signal, ...rest } = options;
  const proxy = proxySecret && await told(() => parseProxy(proxySecret));
  const client = new ForgeClient({
    ...rest,
    api: kind.api(root),
    headers: await authorization(forge, { secret, kind, proxy, signal }),
    ...(secret?.["ca.crt"] ? { caCert: secret["ca.crt"] } : {}),
    ...(proxy ? { proxy: denoProxy(proxy) } : {}),
  });
  return {
    ...kind.open({ client, root, path }),
    [Symbol.dispose]: () => client[Symbol.dispose](),
  };
}

async function authorization(
  { type, secretRef }: ForgeSpec,
  of: {
    secret: Secret | undefined;
    kind: ForgeKind;
    proxy: Proxy | undefined;
    signal: AbortSignal | undefined;
  },
): Promise<Record<string, string>> {
  const { secret, kind, proxy, signal } = of;
  const invalid = (found: string) =>
    new ForgeError(
      "ForgeInvalid",
      `Cannot use Secret ${secretRef.name} (spec.forge.secretRef) in namespace faros-system: ${found}`,
    );
  if (!secret) throw invalid("there is none of that name");
  const value = (key: string) => {
    const text = secret[key]?.trim();
    if (text && /[^\x20-\x7e]/.test(text)) {
      throw invalid(`its ${key} has characters that no header may have`);
    }
    return text;
  };
  const token = value("token");
  if (token) return kind.headers(token);
  if (type === "github" && isGitHubApp(secret)) {
    return kind.headers(
      await told(() => installationToken(secret, { proxy, signal })),
    );
  }
  const [username, password] = [value("username"), value("password")];
  if (type === "bitbucket" && username && password) {
    return { authorization: `Basic ${btoa(`${username}:${password}`)}` };
  }
  throw invalid("it has no token");
}

/** What goes wrong with Secrets and apps, as an error of the forge. */
async function told<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    throw new ForgeError(
      error.reason === "SecretInvalid"
        ? "ForgeInvalid"
        : error.reason === "AuthenticationFailed"
        ? "ForgeUnauthorized"
        : "ForgeUnreachable",
      error.message,
    );
  }
}
