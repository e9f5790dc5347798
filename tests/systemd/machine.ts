import assert from "node:assert/strict";
import { join } from "node:path";
import { eventually } from "../../kube/testing/eventually.ts";

const SYSTEMD = "/lib/systemd/systemd";
/** What a unit is pulled in by; all else of this machine stays out. */
const TARGETS = ["multi-user", "basic", "sysinit", "shutdown"];

/**
 * In its own mount namespace: folders that last from boot to boot, with what this machine has in them behind links;
 * then systemd, as the first process.
 */
const BOOT = `
mount --make-rprivate /
mount -t tmpfs tmpfs /run
umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
for folder in etc usr/local/bin; do
  mkdir -p "$DISK/$folder" "$DISK/of-host/$folder"
  mount --bind "/$folder" "$DISK/of-host/$folder"
  for entry in "$DISK/of-host/$folder"/*; do
    name=$(basename "$entry")
    case "$name" in faros | systemd) continue ;; esac # of its own, not this machine's
    [ -e "$DISK/$folder/$name" ] || ln -sfn "$entry" "$DISK/$folder/$name"
  done
  mount --bind "$DISK/$folder" "/$folder"
done
mkdir -p "$DISK/var/lib" /etc/systemd/system
mount --bind "$DISK/var/lib" /var/lib
export container=faros-test SYSTEMD_UNIT_PATH="/etc/systemd/system:$DISK/targets"
exec ${SYSTEMD} --system --unit=multi-user.target --log-target=console --log-level=warning
`;

/** A machine that boots systemd, in namespaces of its own; its network is this one's. */
export class Machine {
  readonly #disk: string;
  #boot: Deno.ChildProcess | undefined;

  /** @param dir Where its disk is; made by the caller. */
  constructor(dir: string) {
    this.#disk = dir;
  }

  /** Why there can be none here; undefined where there can. */
  static async missing(): Promise<string | undefined> {
    if (Deno.build.os !== "linux") return "there is no systemd";
    if (Deno.uid() !== 0) return "only root boots machines";
    try {
      await Deno.stat(SYSTEMD);
    } catch {
      return "systemd is not installed";
    }
    const probe = "mount --make-rprivate / && mount -t tmpfs none /run && " +
      "mount -t cgroup2 none /mnt";
    const { success } = await unshare(["bash", "-c", probe]).output()
      .catch(() => ({ success: false }));
    return success ? undefined : "there are no namespaces to boot it in";
  }

  async boot(): Promise<void> {
    const targets = join(this.#disk, "targets");
    await Deno.mkdir(targets, { recursive: true });
    for (const name of TARGETS) {
      const unit = `[Unit]\nDescription=${name}\n`;
      await Deno.writeTextFile(join(targets, `${name}.target`), unit);
    }
    this.#boot = unshare(["bash", "-ec", BOOT], { DISK: this.#disk }).spawn();
    await eventually(
      async () => {
        const { text } = await this.#run("systemctl is-system-running");
        return /^(running|degraded)$/.test(text.trim());
      },
      { what: "systemd to run" },
    );
  }

  /** As a power cut: nothing is told, nothing is finished. */
  async cutPower(): Promise<void> {
    this.#boot?.kill("SIGKILL");
    await this.#boot?.status;
    this.#boot = undefined;
  }

  /** Runs shell commands on it as root, in its folder \`/\`; their output. */
  async run(commands: string, options: { cwd?: string } = {}): Promise<string> {
    const { success, text } = await this.#run(
      `cd '${options.cwd ?? "/"}'\n${commands}`,
    );
    assert.ok(success, `${commands}\n${text}`);
    return text.trim();
  }

  async #run(commands: string): Promise<{ success: boolean; text: string }> {
    const first = await this.#firstProcess();
    if (!first) return { success: false, text: "" };
    const { success, stdout, stderr } = await new Deno.Command("nsenter", {
      args: [
        ...["--target", first, "--mount", "--pid", "--uts", "--ipc"],
        ...["bash", "-euo", "pipefail", "-c", commands],
      ],
      env: { SYSTEMD_PAGER: "" },
    }).output();
    const decoder = new TextDecoder();
    return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
  }

  /** The process id of systemd, as this machine counts. */
  async #firstProcess(): Promise<string | undefined> {
    const pid = this.#boot?.pid;
    const path = `/proc/${pid}/task/${pid}/children`;
    const children = await Deno.readTextFile(path).catch(() => "");
    return children.trim().split(" ")[0] || undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cutPower();
  }
}

function unshare(command: string[], env: Record<string, string> = {}) {
  return new Deno.Command("unshare", {
    args: [
      ...["--fork", "--pid", "--mount", "--uts", "--ipc", "--cgroup"],
      ...["--mount-proc", "--kill-child", ...command],
    ],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}
