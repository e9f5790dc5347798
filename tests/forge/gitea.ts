import { eventually } from "../../kube/testing/eventually.ts";

/** A real Gitea with a user who has a token. */
export interface Gitea extends AsyncDisposable {
  url: string;
  user: string;
  token: string;
  /** Calls its API. @throws where it answers an error */
  api<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T>;
  /** Its log so far. */
  log(): Promise<string>;
}

/** Where Gitea is: `GITEA_BINARY`, else on the PATH. */
export function giteaMissing(): string | undefined {
  return binary()
    ? undefined
    : "there is no gitea on the PATH, nor GITEA_BINARY";
}

function binary(): string | undefined {
  const named = Deno.env.get("GITEA_BINARY");
  if (named) return named;
  for (const dir of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${dir}/gitea`).isFile) return `${dir}/gitea`;
    } catch {
      // Not there.
    }
  }
}

/**
 * Starts Gitea on SQLite in a folder of its own. A binary built from its Go
 * module without its pages' data finds them in `GITEA_STATIC_ROOT_PATH`.
 */
export async function startGitea(): Promise<Gitea> {
  await using stack = new AsyncDisposableStack();
  const dir = await Deno.makeTempDir({ prefix: "faros-gitea-" });
  stack.defer(() => Deno.remove(dir, { recursive: true }));
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const root = Deno.env.get("GITEA_STATIC_ROOT_PATH");
  await Deno.mkdir(`${dir}/conf`);
  await Deno.writeTextFile(
    `${dir}/conf/app.ini`,
    `I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = ${dir}
RUN_MODE = prod
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
ROOT_URL = ${url}/
DISABLE_SSH = true
OFFLINE_MODE = true
${root ? `STATIC_ROOT_PATH = ${root}` : ""}
[database]
DB_TYPE = sqlite3
PATH = ${dir}/gitea.db
[security]
INSTALL_LOCK = true
SECRET_KEY = a-key-of-a-test
INTERNAL_TOKEN = eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJuYmYiOjE1MTYyMzkwMjJ9.s5Nc7hkkTxCBGYgYhwYyKPK4Ag6nCwFJqNkRHT8PRPI
PASSWORD_HASH_ALGO = pbkdf2$1$1
[oauth2]
ENABLED = false
[webhook]
ALLOWED_HOST_LIST = loopback
SKIP_TLS_VERIFY = true
[actions]
ENABLED = false
[cron]
ENABLED = false
[log]
MODE = file
LEVEL = Warn
ROOT_PATH = ${dir}/log
`,
  );
  const env = { HOME: dir, GITEA_WORK_DIR: dir, USER: "root" };
  const gitea = (...args: string[]) =>
    new Deno.Command(binary()!, {
      args: ["--config", `${dir}/conf/app.ini`, ...args],
      env,
      stdout: "piped",
      stderr: "piped",
    });
  const run = async (...args: string[]) => {
    const { success, stdout, stderr } = await gitea(...args).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    if (!success) {
      throw new Error(`gitea ${args[0]}: ${text(stdout)} ${text(stderr)}`);
    }
    return text(stdout);
  };
  await run("migrate");
  const user = "ada";
  await run(
    ...["admin", "user", "create", "--admin", "--username", user],
    ...["--password", "a-test-pass-1", "--email", "ada@example.org"],
    "--must-change-password=false",
  );
  const token = (await run(
    ...["admin", "user", "generate-access-token", "--username", user],
    ...["--scopes", "all", "--raw", "--token-name", "test"],
  )).split("\n").at(-1)!;
  const server = new Deno.Command(binary()!, {
    args: ["--config", `${dir}/conf/app.ini`, "web"],
    env,
    stdout: "null",
    stderr: "null",
  }).spawn();
  stack.defer(async () => {
    server.kill();
    await server.status;
  });
  const api = async <T>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `token ${token}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`gitea: ${method} ${path}: ${response.status} ${text}`);
    }
    return (text ? JSON.parse(text) : undefined) as T;
  };
  const log = async () => {
    try {
      return await Deno.readTextFile(`${dir}/log/gitea.log`);
    } catch {
      return "";
    }
  };
  await eventually(() => api("GET", "/version"), {
    timeout: 120_000,
    what: "Gitea answers",
  }).catch(async (error) => {
    throw new Error(`${error}\n${await log()}`);
  });
  const all = stack.move();
  return {
    url,
    user,
    token,
    api,
    log,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
