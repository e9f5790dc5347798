import { cpus } from "node:os";
import type { DiskUsage, SystemFacts } from "../sdk/mod.ts";
import {
  type DiskTraffic,
  type Mount,
  parseDiskstats,
  parseMounts,
  parseNetDev,
  type Traffic,
} from "./parse.ts";

/** Seconds that a CPU spent since the start. */
export interface CpuTimes {
  user: number;
  nice: number;
  system: number;
  idle: number;
  irq: number;
}

/** What was measured. What the platform does not tell is empty. */
export interface Sample {
  /** Milliseconds since 1970. */
  time: number;
  /** Seconds since the start of the system. */
  uptime: number;
  load: number[];
  cpus: CpuTimes[];
  memory: {
    total: number;
    available: number;
    swapTotal: number;
    swapFree: number;
  };
  disks: (Mount & DiskUsage)[];
  diskTraffic: DiskTraffic[];
  traffic: Traffic[];
  /** Degrees Celsius. */
  temperatures: { zone: string; type: string; celsius: number }[];
}

const MAX_DISKS = 32;

/** Measures once. */
export async function collect(system: SystemFacts): Promise<Sample> {
  const linux = Deno.build.os === "linux";
  const memory = Deno.systemMemoryInfo();
  return {
    time: Date.now(),
    uptime: Deno.osUptime(),
    load: Deno.build.os === "windows" ? [] : Deno.loadavg(),
    cpus: cpus().map(({ times }) => ({
      user: times.user / 1000,
      nice: times.nice / 1000,
      system: times.sys / 1000,
      idle: times.idle / 1000,
      irq: times.irq / 1000,
    })),
    memory: {
      total: memory.total,
      available: memory.available,
      swapTotal: memory.swapTotal,
      swapFree: memory.swapFree,
    },
    disks: await disks(system, linux),
    diskTraffic: linux
      ? await read(system, "/proc/diskstats", parseDiskstats)
      : [],
    traffic: linux ? await read(system, "/proc/net/dev", parseNetDev) : [],
    temperatures: linux ? await temperatures(system) : [],
  };
}

async function disks(
  system: SystemFacts,
  linux: boolean,
): Promise<(Mount & DiskUsage)[]> {
  const mounts = linux
    ? await read(system, "/proc/self/mounts", parseMounts)
    : [{
      device: "",
      mountpoint: Deno.build.os === "windows" ? "C:\\" : "/",
      fstype: "",
    }];
  const found = await Promise.all(
    mounts.slice(0, MAX_DISKS).map(async (mount) => {
      try {
        return [{ ...mount, ...await system.diskUsage(mount.mountpoint) }];
      } catch {
        return []; // unmounted meanwhile, or not ours to see
      }
    }),
  );
  return found.flat().filter(({ size }) => size > 0);
}

async function temperatures(
  system: SystemFacts,
): Promise<Sample["temperatures"]> {
  const root = "/sys/class/thermal";
  let names: string[];
  try {
    names = await system.readDir(root);
  } catch {
    return []; // virtual machines have none
  }
  const zones = names.filter((name) => /^thermal_zone\d+$/.test(name));
  const found = await Promise.all(zones.map(async (zone) => {
    try {
      const [temp, type] = await Promise.all([
        system.readText(`${root}/${zone}/temp`),
        system.readText(`${root}/${zone}/type`),
      ]);
      const celsius = Number(temp) / 1000;
      return [{
        zone: zone.slice("thermal_zone".length),
        type: type.trim(),
        celsius,
      }];
    } catch {
      return []; // a sensor that is off answers with an error
    }
  }));
  return found.flat();
}

async function read<T>(
  system: SystemFacts,
  path: string,
  parse: (text: string) => T[],
): Promise<T[]> {
  try {
    return parse(await system.readText(path));
  } catch {
    return []; // a kernel without it, or a host without all permissions
  }
}
