import type { Remote } from "./remote.ts";

/** What a Secret of a Repository holds, decoded. */
export type SecretData = Record<string, string>;

/** Credentials in files that only git, run with `env`, knows of. */
export interface GitCredentials extends AsyncDisposable {
  env: Record<string, string>;
}

/**
 * Puts credentials where git finds them: in files of mode 0600 in a folder of
 * its own, removed at the end. They stand in no argument and no environment
 * variable, which other processes could read.
 *
 * For https `username` and `password`, or `bearerToken`; for ssh `identity`
 * (the private key) and `known_hosts`; `ca.crt`, where the server's
 * certificate comes from a private CA; `tls.crt` and `tls.key` for a client
 * certificate.
 */
export async function prepareCredentials(
  remote: Remote,
  options: { secret?: SecretData; dir: string },
): Promise<GitCredentials> {
  const { secret } = options;
  await Deno.mkdir(options.dir, { recursive: true, mode: 0o700 });
  const dir = await Deno.makeTempDir({ dir: options.dir, prefix: "git-" });
  const file = async (name: string, content: string) => {
    const path = `${dir}/${name}`;
    await Deno.writeTextFile(path, content, { mode: 0o600, createNew: true });
    return path;
  };
  try {
    const config = new ConfigFile();
    common(config, remote);
    const env: Record<string, string> = {};
    if (remote.transport === "https" || remote.transport === "http") {
      await http(config, { remote, secret, file });
    } else if (remote.transport === "ssh") {
      env.GIT_SSH_COMMAND = await sshCommand(remote, { secret, file });
      env.GIT_SSH_VARIANT = "ssh";
    }
    env.GIT_CONFIG_GLOBAL = await file("config", config.toString());
    return { env, [Symbol.asyncDispose]: () => remove(dir) };
  } catch (error) {
    await remove(dir);
    throw error;
  }
}

type WriteFile = (name: string, content: string) => Promise<string>;

function common(config: ConfigFile, remote: Remote): void {
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

async function http(
  config: ConfigFile,
  options: { remote: Remote; secret?: SecretData; file: WriteFile },
): Promise<void> {
  const { remote, secret = {}, file } = options;
  // A server that sends nothing for so long is gone.
  config.set("http", "lowSpeedLimit", "1");
  config.set("http", "lowSpeedTime", "30");
  const origin = new URL(remote.url).origin;
  if (secret.bearerToken) {
    config.set(
      `http "${origin}"`,
      "extraHeader",
      `Authorization: Bearer ${oneLine("bearerToken", secret.bearerToken)}`,
    );
    // The header would go along to wherever the server sends us.
    config.set("http", "followRedirects", "false");
  } else if (secret.password) {
    const url = new URL(remote.url);
    const user = encodeURIComponent(
      oneLine("username", secret.username || "git"),
    );
    const password = encodeURIComponent(oneLine("password", secret.password));
    const path = await file(
      "credentials",
      `${url.protocol}//${user}:${password}@${url.host}\n`,
    );
    // The helper gives them to that very host only, redirects or not.
    config.set("credential", "helper", `store --file=${path}`);
  }
  if (secret["ca.crt"]) {
    config.set("http", "sslCAInfo", await file("ca.crt", secret["ca.crt"]));
  }
  if (secret["tls.crt"] && secret["tls.key"]) {
    config.set("http", "sslCert", await file("tls.crt", secret["tls.crt"]));
    config.set("http", "sslKey", await file("tls.key", secret["tls.key"]));
  }
}

async function sshCommand(
  remote: Remote,
  options: { secret?: SecretData; file: WriteFile },
): Promise<string> {
  const { secret = {}, file } = options;
  for (const key of ["identity", "known_hosts"]) {
    if (!secret[key]?.trim()) {
      throw new Error(
        `Cannot use ${remote.url}: ssh needs a Secret (secretRef) with the keys identity (a private key) and known_hosts; ${key} is missing`,
      );
    }
  }
  const ended = (text: string) => text.endsWith("\n") ? text : text + "\n";
  const identity = await file("identity", ended(secret.identity!));
  const hosts = await file("known_hosts", ended(secret.known_hosts!));
  return [
    "ssh",
    "-F /dev/null",
    `-i '${identity}'`,
    `-o UserKnownHostsFile='${hosts}'`,
    "-o GlobalKnownHostsFile=/dev/null",
    "-o StrictHostKeyChecking=yes",
    "-o IdentitiesOnly=yes",
    "-o IdentityAgent=none",
    "-o BatchMode=yes",
    "-o ConnectTimeout=20",
    "-o ServerAliveInterval=15",
  ].join(" ");
}

/** A git configuration file. */
class ConfigFile {
  readonly #lines: string[] = [];

  set(section: string, key: string, value: string): void {
    const quoted = value.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n");
    this.#lines.push(`[${section}]`, `\t${key} = "${quoted}"`);
  }

  toString(): string {
    return this.#lines.join("\n") + "\n";
  }
}

function oneLine(key: string, value: string): string {
  const text = value.trim();
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f]/.test(text)) {
    throw new Error(
      `Cannot use the Repository's Secret: its ${key} has line breaks in it`,
    );
  }
  return text;
}

async function remove(dir: string): Promise<void> {
  await Deno.remove(dir, { recursive: true }).catch(() => {});
}
