/**
 * Monitoring of type `host`: CPU, load, memory, disks, network and temperature of the device, as Prometheus text on a
 * loopback port and as a summary in the Agent's status.
 *
 * @module
 */
import * as z from "zod/mini";
import { definePlugin, pause } from "../sdk/mod.ts";
import { collect, type Sample } from "./collect.ts";
import { record, summarize } from "./report.ts";

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `1m30s`. */
function milliseconds(duration: string): number {
  return [...duration.matchAll(/([0-9.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, n, unit]) => sum + Number(n) * UNITS[unit as keyof typeof UNITS],
    0,
  );
}

export default definePlugin({
  name: "monitoring-host",
  version: "0.1.0",
  description:
    "Measures CPU, load, memory, disks, network and temperature of the device",
  provides: [{ kind: "Monitoring", type: "host" }],
  permissions: {
    net: ["127.0.0.1"],
    sys: ["cpus", "loadavg", "osUptime", "statfs", "systemMemoryInfo"],
    read: [
      "/proc/diskstats",
      "/proc/net/dev",
      "/proc/self/mounts",
      "/sys/class/thermal",
    ],
  },
  config: z.strictObject({
    interval: z._default(
      z.string().check(
        z.regex(
          /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/,
          "must be a duration such as 15s",
        ),
        z.refine((text) => milliseconds(text) >= 100, "must be 100ms or more"),
        z.meta({ description: "Time between measurements" }),
      ),
      "15s",
    ),
    listen: z._default(
      z.string().check(
        z.regex(
          /^127\.0\.0\.1:[0-9]{1,5}$/,
          "must be 127.0.0.1 and a port, 0 for any that is free",
        ),
        z.meta({
          description:
            "Where /metrics is served: 127.0.0.1 and a port, 0 for any that is free",
        }),
      ),
      "127.0.0.1:9100",
    ),
  }),

  provision(ctx) {
    const [hostname, port] = ctx.config.listen.split(":");
    const server = Deno.serve(
      {
        hostname,
        port: Number(port),
        onListen: ({ hostname, port }) =>
          ctx.log.info("Serving metrics", { listen: `${hostname}:${port}` }),
      },
      ({ url }) =>
        new URL(url).pathname === "/metrics"
          ? new Response(ctx.metrics.render(), {
            headers: { "content-type": "text/plain; version=0.0.4" },
          })
          : new Response("Metrics are at /metrics\n", { status: 404 }),
    );
    return { server };
  },

  async run(ctx, { server }) {
    const interval = milliseconds(ctx.config.interval);
    const { hostname, port } = server.addr;
    let before: Sample | undefined;
    while (!ctx.signal.aborted) {
      const sample = await collect(ctx.system);
      record(ctx.metrics, sample);
      ctx.status({
        listen: `${hostname}:${port}`,
        ...summarize(sample, before),
      });
      before = sample;
      await pause(interval, ctx.signal);
    }
  },

  async stop(_ctx, state) {
    await state?.server.shutdown();
  },
});
