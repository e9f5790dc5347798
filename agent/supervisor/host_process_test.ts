import assert from "node:assert/strict";
import { createLogger } from "../../kube/log.ts";
import { eventually } from "../../kube/testing/eventually.ts";
import {
  hostCommand,
  pluginSource,
  pluginSpec,
} from "../testing/script_plugin.ts";
import type { PluginApi } from "./host_process.ts";
import { Supervisor } from "./supervisor.ts";

interface Setup {
  supervisor: Supervisor;
  dir: string;
  logs: string[];
  /** Waits for what is true of a plugin's state. */
  until: (
    name: string,
    probe: (state: NonNullable<ReturnType<Supervisor["state"]>>) => unknown,
  ) => Promise<unknown>;
}

async function withSupervisor(
  { command = hostCommand, api }: { command?: string[]; api?: PluginApi },
  test: (setup: Setup) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-host-" });
  const logs: string[] = [];
  const supervisor = new Supervisor({
    command,
    api: api ?? { call: () => Promise.reject(new Error("offline")) },
    stopTimeout: 500,
    backoff: { base: 20, max: 100 },
    log: createLogger({ level: "debug", write: (line) => logs.push(line) }),
  });
  try {
    await test({
      supervisor,
      dir,
      logs,
      until: (name, probe) =>
        eventually(() => {
          const state = supervisor.state(`Monitoring/${name}`);
          return state && probe(state);
        }, { timeout: 30_000 }).catch((error) => {
          throw new Error(
            `${name} ${error.message}: ${logs.join("\n").slice(0, 10_000)}`,
          );
        }),
    });
  } finally {
    await supervisor.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

/** A host that does what `body` says once it was told to start plugin `Monitoring/x`. */
function hostOf(body: string): string[] {
  return [
    Deno.execPath(),
    "eval",
    `const say = (message) => Deno.stdout.writeSync(
       new TextEncoder().encode(JSON.stringify(message) + "\\n"));
     const plugin = "Monitoring/x";
     say({ type: "ready", protocol: 1 });
     await Deno.stdin.readable.getReader().read();
     say({ type: "phase", plugin, phase: "Running" });
     ${body}`,
  ];
}

Deno.test("what is too large or makes no sense harms the plugin that says it only", () =>
  withSupervisor({
    api: {
      call: () => Promise.resolve({ text: "x".repeat(9 * 2 ** 20) }),
    },
  }, async ({ supervisor, dir, logs, until }) => {
    const wait = "await wait(ctx.signal);";
    const sources: Record<string, string> = {
      good: wait,
      throws: `throw new Error("x".repeat(100_000));`,
      logs: `ctx.log.info("Large", { x: "x".repeat(9 * 2 ** 20) }); ${wait}`,
      posts: `postMessage(null); ${wait}`,
      asks: `const code = (kind, name) =>
          ctx.client.get(kind, name).catch((e) => e.code);
        ctx.status({
          long: await code("ConfigMap", "x".repeat(300)),
          none: await code(undefined, "x"),
          large: await code("ConfigMap", "x"),
        }); ${wait}`,
    };
    await supervisor.apply(
      await Promise.all(
        Object.entries(sources).map(([name, run]) =>
          pluginSpec({ name, source: pluginSource(run), stateDir: dir })
        ),
      ),
    );
    await until("throws", ({ message }) => /xxxxx/.test(message ?? ""));
    await until("posts", ({ restarts }) => restarts);
    await until("asks", ({ summary }) => summary);
    assert.deepEqual(supervisor.state("Monitoring/asks")!.summary, {
      long: 400,
      none: 400,
      large: 413,
    });
    await eventually(() => logs.some((line) => line.includes("Large")));
    await until("good", ({ phase }) => phase === "Running");
    assert.equal(supervisor.state("Monitoring/good")!.restarts, 0);
  }));

Deno.test("a host that does not stop its plugins is ended", () =>
  withSupervisor(
    { command: hostOf("setTimeout(() => {}, 60_000);") },
    async ({ supervisor, dir, until }) => {
      await supervisor.apply([
        await pluginSpec({ name: "x", source: "", stateDir: dir }),
      ]);
      await until("x", ({ phase }) => phase === "Running");
      await supervisor.apply([]);
      assert.deepEqual(supervisor.states(), []);
    },
  ));

Deno.test("a host that ends is noticed, though a program that it started lives on", () =>
  withSupervisor(
    {
      command: hostOf(
        `const { pid } = new Deno.Command("sleep", { args: ["60"] }).spawn();
         Deno.writeTextFileSync(Deno.env.get("HOME") + "/pid", String(pid));
         Deno.exit(3);`,
      ),
    },
    async ({ supervisor, dir, until }) => {
      const home = Deno.env.get("HOME");
      Deno.env.set("HOME", dir);
      try {
        await supervisor.apply([
          await pluginSpec({ name: "x", source: "", stateDir: dir }),
        ]);
        await until("x", ({ message }) => /exit code 3/.test(message ?? ""));
      } finally {
        if (home) Deno.env.set("HOME", home);
        const pid = Number(await Deno.readTextFile(`${dir}/pid`));
        await supervisor.stop();
        Deno.kill(pid, "SIGKILL");
      }
    },
  ));

Deno.test("a host that says too much takes neither the status nor the API along", () => {
  let calls = 0;
  const api: PluginApi = {
    call: (_spec, _call, { signal }) => {
      calls++;
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          calls--;
          reject(signal.reason);
        })
      );
    },
  };
  return withSupervisor({
    api,
    command: hostOf(
      `say({ type: "status", plugin, summary: { small: true } });
       say({ type: "status", plugin, summary: { x: "x".repeat(100_000) } });
       const watch = { type: "call", plugin, method: "watch", kind: "ConfigMap" };
       for (let id = 0; id < 5000; id++) say({ ...watch, id });
       for (let n = 0; n < 10; n++) say({ ...watch, id: 1 });
       for (let n = 0; n < 5000; n++) {
         say({ type: "log", plugin, level: "info", message: "flood" });
       }
       say({ type: "ended", plugin, error: "y".repeat(60_000) });`,
    ),
  }, async ({ supervisor, dir, logs, until }) => {
    let most = 0;
    supervisor.onChange(() => {
      most = Math.max(
        most,
        JSON.stringify(supervisor.states()).length,
      );
    });
    await supervisor.apply([
      await pluginSpec({ name: "x", source: "", stateDir: dir }),
    ]);
    await until("x", ({ restarts }) => restarts);
    await supervisor.stop();
    assert.ok(most < 20_000, `its state took ${most} characters`);
    assert.equal(calls, 0);
    const flood = logs.filter((line) => line.includes("flood"));
    assert.ok(flood.length < 3000, `${flood.length} lines were logged`);
  });
});
