/**
 * Readers of the Linux kernel's text files.
 *
 * @module
 */

/** Bytes of a network interface since it came up. */
export interface Traffic {
  device: string;
  received: number;
  sent: number;
}

/** /proc/net/dev, without loopback. Source: proc_net(5) */
export function parseNetDev(text: string): Traffic[] {
  return text.split("\n").slice(2).flatMap((line) => {
    const colon = line.indexOf(":");
    if (colon < 0) return [];
    const device = line.slice(0, colon).trim();
    const columns = line.slice(colon + 1).trim().split(/\s+/).map(Number);
    if (device === "lo" || columns.length < 9) return [];
    return [{ device, received: columns[0]!, sent: columns[8]! }];
  });
}

/** A mounted file system. */
export interface Mount {
  device: string;
  mountpoint: string;
  fstype: string;
}

/** What is not storage of the device. */
const PSEUDO =
  /^(autofs|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fuse\..*|fusectl|hugetlbfs|mqueue|nfs4?|cifs|9p|nsfs|proc|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs)$/;

/** /proc/self/mounts: file systems on storage, each device once, at its shortest mount point. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [device, path, fstype] = line.split(" ");
    if (!device || !path || !fstype || PSEUDO.test(fstype)) continue;
    // Spaces and the like are written as octal: fstab(5)
    const mountpoint = path.replaceAll(
      /\\([0-7]{3})/g,
      (_, code) => String.fromCharCode(parseInt(code, 8)),
    );
    const known = mounts.get(device);
    if (known && known.mountpoint.length <= mountpoint.length) continue;
    mounts.set(device, { device, mountpoint, fstype });
  }
  return [...mounts.values()];
}

/** Bytes read and written by a disk since the start. */
export interface DiskTraffic {
  device: string;
  read: number;
  written: number;
}

/** /proc/diskstats, without loop and RAM disks. Source: Linux Documentation/admin-guide/iostats.rst */
export function parseDiskstats(text: string): DiskTraffic[] {
  return text.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const [, , device, , , sectorsRead, , , , sectorsWritten] = columns;
    if (!device || !sectorsWritten || /^(loop|ram|zram)\d/.test(device)) {
      return [];
    }
    // A sector is 512 bytes here, whatever the disk's own are.
    return [{
      device,
      read: Number(sectorsRead) * 512,
      written: Number(sectorsWritten) * 512,
    }];
  });
}
