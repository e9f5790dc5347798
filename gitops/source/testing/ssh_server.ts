/**
 * A real OpenSSH server, as an unprivileged process with host keys of its own.
 *
 * @module
 */

/** A running sshd. */
export interface SshServer extends AsyncDisposable {
  port: number;
  /** `ssh://USER@127.0.0.1:PORT` */
  url: string;
  /** Line for known_hosts, of a port that leads here. */
  knownHosts(port?: number): string;
  /** A private key that it lets in. */
  identity: string;
}

/** Why there can be no sshd here, or undefined. */
export async function sshdMissing(): Promise<string | undefined> {
  if (!await findSshd()) return "there is no sshd (openssh-server)";
  if (!await which("ssh-keygen")) return "there is no ssh-keygen";
  const shell = (await output("sh", [
    "-c",
    "getent passwd $(id -u) | cut -d: -f7",
  ])).trim();
  if (/nologin|false$/.test(shell) || !shell) {
    return `the user's shell is ${shell || "none"}, so sshd runs nothing`;
  }
}

/** Makes a key pair of ssh. @returns Path of the private key */
export async function makeSshKey(
  path: string,
  passphrase = "",
): Promise<string> {
  await output("ssh-keygen", [
    ...["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", path],
  ]);
  return path;
}

/** Starts sshd on a free port of loopback. */
export async function startSshServer(
  options: { dir: string; authorized?: string[] },
): Promise<SshServer> {
  const { dir, authorized = [] } = options;
  const host = await makeSshKey(`${dir}/host`);
  const user = await makeSshKey(`${dir}/user`);
  const keys = [await Deno.readTextFile(`${user}.pub`), ...authorized];
  await Deno.writeTextFile(`${dir}/authorized_keys`, keys.join(""));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await Deno.writeTextFile(
    `${dir}/sshd_config`,
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${host}
AuthorizedKeysFile ${dir}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv GIT_PROTOCOL
MaxStartups 100
`,
  );
  // As root it wants this folder, which its service makes elsewhere.
  if (Deno.uid() === 0) await Deno.mkdir("/run/sshd", { recursive: true });
  const child = new Deno.Command((await findSshd())!, {
    args: ["-D", "-e", "-f", `${dir}/sshd_config`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let stopped = false;
  let log = "";
  const listening = Promise.withResolvers<void>();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) {
      log += decoder.decode(chunk, { stream: true });
      if (log.includes("Server listening")) listening.resolve();
    }
    listening.reject(new Error(`sshd ended by itself:\n${log}`));
  })();
  listening.promise.catch(() => {});
  await listening.promise;
  const hostKey = (await Deno.readTextFile(`${host}.pub`)).split(" ")
    .slice(0, 2).join(" ");
  const name = (await output("id", ["-un"])).trim();
  return {
    port,
    url: `ssh://${name}@127.0.0.1:${port}`,
    identity: await Deno.readTextFile(user),
    knownHosts: (of = port) => `[127.0.0.1]:${of} ${hostKey}\n`,
    async [Symbol.asyncDispose]() {
      if (!stopped) child.kill("SIGTERM");
      stopped = true;
      await child.status;
      await reading;
    },
  };
}

async function findSshd(): Promise<string | undefined> {
  for (const path of ["/usr/sbin/sshd", "/usr/local/sbin/sshd"]) {
    if (await exists(path)) return path;
  }
}

/** Whether a program is on the PATH. */
export async function which(program: string): Promise<boolean> {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  for (const folder of folders) {
    if (await exists(`${folder}/${program}`)) return true;
  }
  return false;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function output(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args })
    .output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${command}: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
