/** A file system of a few megabytes, in memory. */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly dir: string;
  /** Takes all its space but `leave` bytes. */
  fill(leave: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
}

/** Why there can be none here; nothing where there can. */
export async function smallDiskMissing(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "it needs Linux";
  if (Deno.uid() !== 0) return "it needs root to mount a tmpfs";
  const dir = await Deno.makeTempDir({ prefix: "faros-mount-" });
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir]);
    await run("umount", [dir]);
    return undefined;
  } catch (error) {
    return `a tmpfs cannot be mounted here (${(error as Error).message})`;
  } finally {
    await Deno.remove(dir).catch(() => {});
  }
}

/** Mounts one of `bytes` at `dir`. */
export async function mountSmallDisk(
  dir: string,
  bytes: number,
): Promise<SmallDisk> {
  await Deno.mkdir(dir, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", dir]);
  const ballast = `${dir}/ballast`;
  return {
    dir,
    async fill(leave) {
      using file = await Deno.open(ballast, { create: true, append: true });
      const page = new Uint8Array(4096);
      try {
        for (;;) await file.write(page);
      } catch {
        // Full, which is what was wanted.
      }
      const { size } = await Deno.stat(ballast);
      await Deno.truncate(ballast, Math.max(0, size - leave));
    },
    async free() {
      await Deno.remove(ballast).catch(() => {});
    },
    async [Symbol.asyncDispose]() {
      await run("umount", ["-l", dir]);
    },
  };
}

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(new TextDecoder().decode(stderr).trim() || program);
  }
}
