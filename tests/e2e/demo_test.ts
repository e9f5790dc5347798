import assert from "node:assert/strict";
import { startChild } from "../../cli/demo/child.ts";
import { selfCommand } from "../../cli/self_command.ts";

/** Longest time for a demo on a slow machine, in milliseconds. */
const TIMEOUT = 120_000;

/** A temp folder for all of a demo, so that what is left behind shows. */
async function inTempFolder(
  test: (env: Record<string, string>) => Promise<void>,
) {
  const dir = await Deno.makeTempDir({ prefix: "faros-demo-test-" });
  try {
    await test({ TMPDIR: dir });
    const left = await Array.fromAsync(Deno.readDir(dir), (e) => e.name);
    assert.deepEqual(left, [], "files are left behind");
    assert.deepEqual(processesWith(dir), [], "processes are left behind");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Command lines of processes that name a path (Linux). */
function processesWith(path: string): string[] {
  if (Deno.build.os !== "linux") return [];
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === Deno.pid) continue;
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`)
        .replaceAll("\0", " ");
      if (line.includes(path)) found.push(line);
    } catch {
      // It has ended.
    }
  }
  return found;
}

Deno.test("the demo shows a push reach three devices, and leaves nothing behind", async () => {
  await inTempFolder(async (env) => {
    const lines: string[] = [];
    const demo = startChild([...selfCommand(), "demo", "--once"], {
      name: "faros demo --once",
      env,
      onLine: (line) => lines.push(line),
    });
    const { code } = await demo.ended;
    assert.equal(code, 0, demo.tail());
    const stages = lines.map((line) =>
      /^ *\d+\.\d\d s +(pushed|fetched|applied|revision|device) {2}/
        .exec(line)?.[1]
    ).filter(Boolean);
    for (
      const [stage, times] of Object.entries({
        pushed: 1,
        fetched: 1,
        applied: 1,
        revision: 3,
        // Three at the start, and three for the change.
        device: 3,
      })
    ) {
      assert.equal(
        stages.filter((s) => s === stage).length,
        times,
        `${stage}\n${demo.tail()}`,
      );
    }
    const end = lines.find((line) => line.startsWith("All 3 devices run it"));
    const [, afterFetch] = /and (\d+\.\d+) s after the hub saw it/.exec(end!)!;
    // The promise is 2 s on a machine that has nothing else to do.
    assert.ok(Number(afterFetch) < 6, end);
  });
});

Deno.test({
  name: "Ctrl-C ends the demo, and leaves nothing behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await inTempFolder(async (env) => {
      // As a terminal does: to all processes of the group at once.
      const demo = startChild(["setsid", ...selfCommand(), "demo"], {
        name: "faros demo",
        env,
      });
      await demo.waitForLine(/It stays until Ctrl-C/, { timeout: TIMEOUT });
      const args = ["-c", `kill -INT -${demo.pid}`];
      await new Deno.Command("sh", { args }).output();
      const { code } = await demo.ended;
      assert.equal(code, 0, demo.tail());
    });
  },
});

Deno.test({
  name: "a demo that nobody reads on ends, and leaves nothing behind",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await inTempFolder(async (env) => {
      const line = 'set -o pipefail; "$@" demo | head -n 1';
      const demo = startChild(["bash", "-c", line, "bash", ...selfCommand()], {
        name: "faros demo | head -n 1",
        env,
      });
      const { code } = await demo.ended;
      assert.equal(code, 0, demo.tail());
      assert.match(demo.tail(), /hub and API server ready/);
    });
  },
});

Deno.test("a demo whose agents cannot run fails, says why, and leaves nothing behind", async () => {
  await inTempFolder(async (env) => {
    const demo = startChild([
      ...selfCommand(),
      ...["demo", "--once", "--agent-binary", "/bin/false"],
    ], { name: "faros demo", env });
    const { code } = await demo.ended;
    assert.equal(code, 1, demo.tail());
    assert.match(
      demo.tail(100),
      /agent press-1 ended by itself with exit code 1/,
    );
  });
});
