import { GitConfig } from "./git_config.ts";
import { installationToken, isGitHubApp } from "./github_app.ts";
import { parseProxy, type Proxy } from "./proxy.ts";
import type { Remote } from "./remote.ts";
import type { RunGitOptions } from "./run_git.ts";
import { keysOf, oneLine, type SecretData } from "./secret_data.ts";
import { SourceError } from "./source_error.ts";
import { sshCommand } from "./ssh_command.ts";

export type { SecretData } from "./secret_data.ts";

/** Credentials in files that only git, run with these options, knows of. */
export interface GitCredentials extends AsyncDisposable {
  /** For each command that talks to the remote. */
  git: Pick<RunGitOptions, "env" | "proxy" | "redact">;
  /** The folder of mode 0700 that they are in, removed at the end. */
  dir: string;
}

/** Options of {@linkcode prepareCredentials}. */
export interface PrepareCredentialsOptions {
  /** Of `spec.secretRef`. */
  secret?: SecretData;
  /** Of `spec.proxySecretRef`. */
  proxySecret?: SecretData;
  /** Where the folder is made. */
  dir: string;
  /** Milliseconds for asking GitHub for a token. @default {60000} */
  timeout?: number;
  signal?: AbortSignal;
}

/** Writes a file of mode 0600, or `mode`. @returns Its path */
export type WriteFile = (
  name: string,
  content: string,
  mode?: number,
) => Promise<string>;

/**
 * Puts credentials where git finds them: in files of mode 0600 in a folder of
 * its own, removed at the end. They stand in no argument and no environment
 * variable, which other processes could read.
 *
 * For https `username` and `password`, `bearerToken`, or the keys of a GitHub
 * App; `ca.crt`, where the server's certificate comes from a private CA;
 * `tls.crt` and `tls.key` for a client certificate. For ssh `identity` (the
 * private key), `password` where that is encrypted, and `known_hosts`.
 *
 * @throws {SourceError}
 */
export async function prepareCredentials(
  remote: Remote,
  options: PrepareCredentialsOptions,
): Promise<GitCredentials> {
  const { secret } = options;
  const proxy = options.proxySecret && parseProxy(options.proxySecret);
  await Deno.mkdir(options.dir, { recursive: true, mode: 0o700 });
  const dir = await Deno.makeTempDir({ dir: options.dir, prefix: "git-" });
  const file: WriteFile = async (name, content, mode = 0o600) => {
    const path = `${dir}/${name}`;
    await Deno.writeTextFile(path, content, { mode, createNew: true });
    return path;
  };
  try {
    const config = new GitConfig();
    common(config, remote);
    const env: Record<string, string> = {};
    const redact: string[] = [];
    if (remote.transport === "https" || remote.transport === "http") {
      const values = await http(config, { ...options, remote, proxy, file });
      redact.push(...values);
    } else if (remote.transport === "ssh") {
      if (proxy) {
        throw new SourceError(
          "SpecInvalid",
          `Cannot use ${remote.url}`,
          "spec.proxySecretRef is taken for https only; leave it out, or use the https URL of the repository",
        );
      }
      const ssh = await sshCommand(remote, { secret, file });
      Object.assign(env, ssh.env);
      redact.push(...ssh.redact);
    }
    env.GIT_CONFIG_GLOBAL = await file("config", config.toString());
    return {
      git: { env, redact, ...(proxy ? { proxy } : {}) },
      dir,
      [Symbol.asyncDispose]: () => remove(dir),
    };
  } catch (error) {
    await remove(dir);
    throw error;
  }
}

function common(config: GitConfig, remote: Remote): void {
  config.set("core", "hooksPath", "/dev/null");
  config.set("protocol", "version", "2");
  config.set("gc", "auto", "0");
  config.set("maintenance", "auto", "false");
  config.set("fetch", "recurseSubmodules", "false");
  if (remote.path !== undefined) {
    // The person who wrote the Repository chose this very folder; that it is
    // another user's says nothing.
    config.set("safe", "directory", remote.path);
    config.set("safe", "directory", `${remote.path}/.git`);
  }
}

/** @returns What must not show in errors */
async function http(
  config: GitConfig,
  options: PrepareCredentialsOptions & {
    remote: Remote;
    proxy?: Proxy;
    file: WriteFile;
  },
): Promise<string[]> {
  const { remote, secret, proxy, file } = options;
  // A server that sends nothing for so long is gone.
  config.set("http", "lowSpeedLimit", "1");
  config.set("http", "lowSpeedTime", "30");
  if (proxy) config.set("http", "proxy", proxy.url);
  const redact = proxy?.password ? [proxy.password, proxy.url] : [];
  if (!secret) return redact;
  const bearer = secret.bearerToken &&
    oneLine("bearerToken", secret.bearerToken);
  const login = await loginOf(secret, options);
  const tls = ["ca.crt", "tls.crt", "tls.key"].filter((key) => secret[key]);
  const invalid = (found: string) =>
    new SourceError(
      "SecretInvalid",
      "Cannot use the Secret of spec.secretRef",
      found,
    );
  if (bearer && login) {
    throw invalid(
      "it holds a bearerToken and another way to log in; leave one of them out",
    );
  }
  if (!bearer && !login && tls.length === 0) {
    throw invalid(
      `for https it takes username and password, bearerToken, githubAppID and its like, tls.crt and tls.key, or ca.crt; found ${
        keysOf(secret)
      }`,
    );
  }
  if (!secret["tls.crt"] !== !secret["tls.key"]) {
    throw invalid("tls.crt and tls.key go together; one is missing");
  }
  if (bearer) {
    config.set(
      `http "${new URL(remote.url).origin}"`,
      "extraHeader",
      `Authorization: Bearer ${bearer}`,
    );
    // The header would go along to wherever the server sends us.
    config.set("http", "followRedirects", "false");
    redact.push(bearer);
  } else if (login) {
    const url = new URL(remote.url);
    const user = encodeURIComponent(login.username);
    const password = encodeURIComponent(login.password);
    const path = await file(
      "credentials",
      `${url.protocol}//${user}:${password}@${url.host}\n`,
    );
    // The helper gives them to that very host only, redirects or not.
    config.set("credential", "helper", `store --file='${path}'`);
    redact.push(login.password, password);
  }
  const files = { sslCAInfo: "ca.crt", sslCert: "tls.crt", sslKey: "tls.key" };
  for (const [key, name] of Object.entries(files)) {
    const content = secret[name];
    if (content) config.set("http", key, await file(name, content));
  }
  return redact;
}

async function loginOf(
  secret: SecretData,
  options: PrepareCredentialsOptions & { proxy?: Proxy },
): Promise<{ username: string; password: string } | undefined> {
  if (isGitHubApp(secret)) {
    const { proxy, timeout, signal } = options;
    return {
      username: "x-access-token",
      password: await installationToken(secret, { proxy, timeout, signal }),
    };
  }
  if (!secret.password) return undefined;
  return {
    // Tokens are a password under any name.
    username: oneLine("username", secret.username || "git"),
    password: oneLine("password", secret.password),
  };
}

async function remove(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true }).catch(() => {});
}
