/**
 * What is told of a sample: metrics under the names of Prometheus' node_exporter, so that its dashboards and alerts
 * serve, and a short summary for the Agent's status.
 *
 * @module
 */
import type { Metrics } from "../sdk/mod.ts";
import type { CpuTimes, Sample } from "./collect.ts";

/** Sets `metrics` to what `sample` says. */
export function record(metrics: Metrics, sample: Sample): void {
  const gauge = (name: string, help: string, value: number) =>
    metrics.gauge(name, help).set(value);
  gauge("node_time_seconds", "System time", sample.time / 1000);
  gauge(
    "node_boot_time_seconds",
    "Time of the system's start",
    Math.round(sample.time / 1000 - sample.uptime),
  );
  ["node_load1", "node_load5", "node_load15"].forEach((name, i) => {
    const value = sample.load[i];
    if (value !== undefined) {
      gauge(name, `${name.slice(9)}m load average`, value);
    }
  });
  const { memory } = sample;
  gauge("node_memory_MemTotal_bytes", "Memory", memory.total);
  gauge("node_memory_MemAvailable_bytes", "Memory available", memory.available);
  gauge("node_memory_SwapTotal_bytes", "Swap space", memory.swapTotal);
  gauge("node_memory_SwapFree_bytes", "Swap space free", memory.swapFree);

  const cpu = metrics.counter("node_cpu_seconds_total", "Time spent by mode");
  sample.cpus.forEach((times, i) => {
    for (const [mode, seconds] of Object.entries(times)) {
      cpu.set(seconds, { cpu: String(i), mode });
    }
  });

  const size = metrics.gauge("node_filesystem_size_bytes", "Size");
  const free = metrics.gauge("node_filesystem_free_bytes", "Free space");
  const avail = metrics.gauge(
    "node_filesystem_avail_bytes",
    "Space that is free to others than root",
  );
  for (const metric of [size, free, avail]) metric.clear();
  for (const { device, mountpoint, fstype, ...disk } of sample.disks) {
    const labels = { device, mountpoint, fstype };
    size.set(disk.size, labels);
    free.set(disk.free, labels);
    avail.set(disk.available, labels);
  }

  const read = metrics.counter("node_disk_read_bytes_total", "Bytes read");
  const written = metrics.counter(
    "node_disk_written_bytes_total",
    "Bytes written",
  );
  for (const metric of [read, written]) metric.clear();
  for (const disk of sample.diskTraffic) {
    read.set(disk.read, { device: disk.device });
    written.set(disk.written, { device: disk.device });
  }

  const received = metrics.counter(
    "node_network_receive_bytes_total",
    "Bytes received",
  );
  const sent = metrics.counter(
    "node_network_transmit_bytes_total",
    "Bytes sent",
  );
  for (const metric of [received, sent]) metric.clear();
  for (const traffic of sample.traffic) {
    received.set(traffic.received, { device: traffic.device });
    sent.set(traffic.sent, { device: traffic.device });
  }

  const temperature = metrics.gauge(
    "node_thermal_zone_temp",
    "Temperature in Celsius",
  );
  temperature.clear();
  for (const { zone, type, celsius } of sample.temperatures) {
    temperature.set(celsius, { zone, type });
  }
}

/** A few round facts; `before` is the sample that usage is counted from. */
export function summarize(
  sample: Sample,
  before: Sample | undefined,
): Record<string, unknown> {
  const { memory } = sample;
  const hottest = Math.max(...sample.temperatures.map((t) => t.celsius));
  return {
    cpu: {
      cores: sample.cpus.length,
      ...(before ? { usedPercent: cpuUsed(sample, before) } : {}),
    },
    ...(sample.load.length
      ? { load: sample.load.map((value) => Math.round(value * 100) / 100) }
      : {}),
    memory: {
      totalMiB: Math.round(memory.total / 2 ** 20),
      usedPercent: percent(memory.total - memory.available, memory.total),
    },
    disks: sample.disks.map(({ mountpoint, size, free }) => ({
      mountpoint,
      sizeMiB: Math.round(size / 2 ** 20),
      usedPercent: percent(size - free, size),
    })),
    ...(before && sample.traffic.length
      ? { network: traffic(sample, before) }
      : {}),
    ...(Number.isFinite(hottest)
      ? { temperatureCelsius: Math.round(hottest) }
      : {}),
    bootTime: new Date(
      Math.round((sample.time / 1000 - sample.uptime) / 60) * 60_000,
    ).toISOString(),
  };
}

function cpuUsed(sample: Sample, before: Sample): number {
  const sum = (cpus: CpuTimes[], pick: (times: CpuTimes) => number) =>
    cpus.reduce((total, times) => total + pick(times), 0);
  const all = ({ user, nice, system, idle, irq }: CpuTimes) =>
    user + nice + system + idle + irq;
  const total = sum(sample.cpus, all) - sum(before.cpus, all);
  const idle = sum(sample.cpus, (t) => t.idle) -
    sum(before.cpus, (t) => t.idle);
  return percent(total - idle, total);
}

function traffic(sample: Sample, before: Sample): Record<string, number> {
  const seconds = (sample.time - before.time) / 1000;
  const rate = (pick: "received" | "sent") => {
    const sum = (s: Sample) => s.traffic.reduce((n, t) => n + t[pick], 0);
    // An interface that went away takes its count along.
    return Math.max(
      0,
      Math.round((sum(sample) - sum(before)) / seconds / 1024),
    );
  };
  return {
    receivedKiBPerSecond: rate("received"),
    sentKiBPerSecond: rate("sent"),
  };
}

function percent(part: number, whole: number): number {
  return whole > 0 ? Math.round(part / whole * 100) : 0;
}
