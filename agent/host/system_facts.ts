/**
 * Reads for plugins what Deno gives only to programs with all permissions: the text files of the Linux kernel under
 * /proc and /sys, and the sizes of file systems. The host has all permissions; so here is where they end.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { posix } from "node:path";
import type { Permissions } from "../../api/plugin_entry.ts";
import type { DiskUsage } from "../../plugins/sdk/types.ts";

/** Longest kernel file that is read, in bytes. */
const MAX_FILE = 1024 * 1024;

/** A request that the plugin was not granted. */
export class NotGranted extends Error {
  override name = "NotGranted";
}

/** Text of the kernel file `path`. @throws NotGranted */
export async function readText(
  path: string,
  permissions: Permissions,
): Promise<string> {
  using file = await Deno.open(await granted(path, permissions));
  const parts: Uint8Array[] = [];
  let size = 0;
  // Kernel files say that they have no size: read to the end.
  while (size < MAX_FILE) {
    const buffer = new Uint8Array(16 * 1024);
    const n = await file.read(buffer);
    if (n === null) break;
    parts.push(buffer.subarray(0, n));
    size += n;
  }
  return new TextDecoder().decode(await new Blob(parts as BlobPart[]).bytes());
}

/** Names in the folder `path`, in order. @throws NotGranted */
export async function readDir(
  path: string,
  permissions: Permissions,
): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(await granted(path, permissions))) {
    names.push(name);
  }
  return names.sort();
}

/** Size of the file system that `path` is on. @throws NotGranted */
export async function diskUsage(
  path: string,
  permissions: Permissions,
): Promise<DiskUsage> {
  if (!permissions.sys?.includes("statfs")) {
    throw new NotGranted(
      `Cannot ask for the disk usage of ${path}: the plugin was not granted sys statfs`,
    );
  }
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  return {
    size: bsize * blocks,
    free: bsize * bfree,
    available: bsize * bavail,
  };
}

async function granted(
  path: string,
  permissions: Permissions,
): Promise<string> {
  const refuse = (why: string) => {
    throw new NotGranted(`Cannot read ${path} for the plugin: ${why}`);
  };
  if (!posix.isAbsolute(path) || posix.normalize(path) !== path) {
    refuse("it is not a plain absolute path");
  }
  const covered = (permissions.read ?? []).some((grant) =>
    path === grant || path.startsWith(`${grant.replace(/\/+$/, "")}/`)
  );
  if (!covered) refuse("it is not in the granted read paths");
  if (!isKernelFile(path)) {
    refuse("only facts of the kernel under /proc and /sys are read this way");
  }
  // Links lead far under /sys (and out of /proc: /proc/self/root).
  const real = await Deno.realPath(path);
  if (!isKernelFile(real)) refuse(`it is a link to ${real}`);
  return real;
}

/** Not what belongs to a process: its memory, environment and files are not the device's facts. */
function isKernelFile(path: string): boolean {
  if (path.startsWith("/sys/")) return true;
  if (!path.startsWith("/proc/")) return false;
  return !/^\/proc\/(\d+|self|thread-self)(\/|$)/.test(path) ||
    /^\/proc\/(\d+|self)\/(mounts|net\/dev)$/.test(path);
}
