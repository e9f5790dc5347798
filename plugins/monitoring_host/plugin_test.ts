import assert from "node:assert/strict";
import { runForTest } from "../sdk/testing.ts";
import plugin from "./plugin.ts";

const files: Record<string, string> = {
  "/proc/net/dev": `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes packets
    lo:  500  5 0 0 0 0 0 0  500  5 0 0 0 0 0 0
  eth0: 2048 20 0 0 0 0 0 0 1024 10 0 0 0 0 0 0
`,
  "/proc/self/mounts": `proc /proc proc rw 0 0
/dev/sda1 / ext4 rw 0 0
/dev/sda1 /var/lib/x ext4 rw 0 0
/dev/sdb1 /mnt/usb\\040stick vfat rw 0 0
tmpfs /run tmpfs rw 0 0
`,
  "/proc/diskstats":
    "   8 0 sda 10 0 4 0 20 0 8 0 0 0 0\n   7 0 loop0 1 0 1 0 1 0 1 0 0 0 0\n",
  "/sys/class/thermal/thermal_zone0/temp": "54321\n",
  "/sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
};

Deno.test(
  "what the device says is served as node_exporter's metrics, and summed up",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    await using run = await runForTest(plugin, {
      config: { listen: "127.0.0.1:0", interval: "100ms" },
      system: {
        readText: (path) => Promise.resolve(files[path]!),
        readDir: () => Promise.resolve(["cooling_device0", "thermal_zone0"]),
        diskUsage: () =>
          Promise.resolve({ size: 2 ** 30, free: 2 ** 29, available: 2 ** 28 }),
      },
    });
    const summary = await run.untilStatus((s) => s.network !== undefined);
    assert.equal(summary.temperatureCelsius, 54);
    assert.deepEqual(summary.disks, [
      { mountpoint: "/", sizeMiB: 1024, usedPercent: 50 },
      { mountpoint: "/mnt/usb stick", sizeMiB: 1024, usedPercent: 50 },
    ]);
    const answer = await fetch(`http://${summary.listen}/metrics`);
    const text = await answer.text();
    for (
      const line of [
        'node_network_receive_bytes_total{device="eth0"} 2048',
        'node_disk_written_bytes_total{device="sda"} 4096',
        'node_thermal_zone_temp{zone="0",type="cpu-thermal"} 54.321',
        'node_filesystem_avail_bytes{device="/dev/sdb1",mountpoint="/mnt/usb stick",fstype="vfat"} 268435456',
      ]
    ) assert.ok(text.includes(`${line}\n`), `${line} is not in\n${text}`);
    assert.match(text, /^node_memory_MemTotal_bytes [1-9]/m);
    assert.doesNotMatch(text, /device="(lo|loop0)"/);
  },
);

Deno.test("where the device tells nothing, the portable facts are there all the same", async () => {
  await using run = await runForTest(plugin, {
    config: { listen: "127.0.0.1:0" },
  });
  const summary = await run.untilStatus();
  assert.ok((summary.memory as { totalMiB: number }).totalMiB > 0);
  assert.deepEqual(summary.disks, []);
});

Deno.test("an address that is not of this device alone is refused", () => {
  assert.throws(
    () => plugin.parseConfig({ listen: "0.0.0.0:9100" }),
    /config\.listen: must be 127\.0\.0\.1/,
  );
  assert.throws(
    () => plugin.parseConfig({ interval: "1ms" }),
    /100ms or more/,
  );
});
