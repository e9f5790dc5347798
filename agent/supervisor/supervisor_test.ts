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

const noApi: PluginApi = {
  call: () => Promise.reject(new Error("the agent is offline")),
};

interface Setup {
  supervisor: Supervisor;
  dir: string;
  logs: string[];
  summary(name: string): Record<string, unknown> | undefined;
  phase(name: string, phase: string): Promise<unknown>;
}

async function withSupervisor(
  test: (setup: Setup) => Promise<void>,
  options: { api?: PluginApi; memoryLimit?: number } = {},
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "faros-supervisor-" });
  const logs: string[] = [];
  const supervisor = new Supervisor({
    command: hostCommand,
    api: options.api ?? noApi,
    memoryLimit: options.memoryLimit,
    stopTimeout: 1000,
    backoff: { base: 20, max: 100 },
    log: createLogger({ level: "debug", write: (line) => logs.push(line) }),
  });
  const state = (name: string) => supervisor.state(`Monitoring/${name}`);
  try {
    await test({
      supervisor,
      dir,
      logs,
      summary: (name) => state(name)?.summary,
      phase: (name, phase) =>
        eventually(() => state(name)?.phase === phase, {
          timeout: 20_000,
          what: `${name} is ${phase}`,
        }).catch((error) => {
          throw new Error(
            `${error.message}: ${JSON.stringify(state(name))}\n${
              logs.join("\n")
            }`,
          );
        }),
    });
  } finally {
    await supervisor.stop();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a plugin gets its own state folder and just what it was granted", () =>
  withSupervisor(async ({ supervisor, dir, summary, phase }) => {
    await Deno.writeTextFile(`${dir}/granted`, "yes");
    await Deno.writeTextFile(`${dir}/secret`, "no");
    const source = pluginSource(`
      const attempt = async (f) => {
        try { return String(await f()); } catch (error) { return error.name; }
      };
      const { granted, secret } = ctx.config;
      ctx.status({
        granted: await attempt(() => Deno.readTextFile(granted)),
        secret: await attempt(() => Deno.readTextFile(secret)),
        escape: await attempt(() => Deno.readTextFile(granted + "/../secret")),
        proc: await attempt(() => Deno.readTextFile("/proc/self/environ")),
        run: await attempt(() => new Deno.Command("true").output()),
        net: await attempt(() => Deno.connect({ port: 1, hostname: "127.0.0.1" })),
        env: await attempt(() => Deno.env.get("HOME")),
        ffi: await attempt(() => Deno.dlopen("/lib/none.so", {})),
        code: await attempt(() => import("data:application/javascript,export default 1")
          .then((m) => m.default)),
        worker: await attempt(() => new Worker("data:application/javascript,1",
          { type: "module", deno: { permissions: { read: true } } })),
        kernel: await attempt(() => ctx.system.readText("/proc/loadavg")),
        environ: await attempt(() => ctx.system.readText("/proc/self/environ")),
        state: await attempt(async () => {
          await Deno.writeTextFile(ctx.stateDir + "/x", "kept");
          return Deno.readTextFile(ctx.stateDir + "/x");
        }),
      });
      await wait(ctx.signal);`);
    await supervisor.apply([
      await pluginSpec({
        name: "narrow",
        source,
        stateDir: dir,
        permissions: { read: [`${dir}/granted`, "/proc/self/environ"] },
        config: { granted: `${dir}/granted`, secret: `${dir}/secret` },
      }),
    ]);
    await phase("narrow", "Running");
    const seen = await eventually(() => summary("narrow"));
    const { code: _, ...rest } = seen;
    assert.deepEqual(rest, {
      granted: "yes",
      secret: "NotCapable",
      escape: "NotCapable",
      proc: "NotCapable",
      run: "NotCapable",
      net: "NotCapable",
      env: "NotCapable",
      ffi: "NotCapable",
      worker: "NotCapable",
      kernel: "Error",
      environ: "Error",
      state: "kept",
    });
  }));

Deno.test("a plugin that crashes is started again, and its neighbour in the host notices nothing", () =>
  withSupervisor(async ({ supervisor, dir, summary, phase }) => {
    const counting = pluginSource(
      `let n = 0; while (!ctx.signal.aborted) {
         ctx.status({ n: n++ }); await new Promise((r) => setTimeout(r, 5)); }`,
    );
    const crashing = pluginSource(
      `setTimeout(() => { throw new Error("boom"); }, 5); await wait(ctx.signal);`,
    );
    await supervisor.apply([
      await pluginSpec({ name: "good", source: counting, stateDir: dir }),
      await pluginSpec({ name: "bad", source: crashing, stateDir: dir }),
    ]);
    await eventually(
      () => (supervisor.state("Monitoring/bad")?.restarts ?? 0) >= 3,
      { timeout: 20_000 },
    );
    await phase("good", "Running");
    assert.match(supervisor.state("Monitoring/bad")!.message!, /boom/);
    assert.equal(supervisor.state("Monitoring/good")!.restarts, 0);
    const { n } = summary("good") as { n: number };
    await eventually(() => (summary("good") as { n: number }).n > n);
  }));

Deno.test("a plugin of somebody else that runs out of heap takes only its own host along", () =>
  withSupervisor(async ({ supervisor, dir, phase }) => {
    const greedy = pluginSource(
      `const all = []; for (;;) all.push(new Array(10000).fill(Math.random()));`,
    );
    await supervisor.apply([
      await pluginSpec({
        name: "good",
        source: pluginSource("await wait(ctx.signal);"),
        stateDir: dir,
      }),
      await pluginSpec({
        name: "greedy",
        source: greedy,
        stateDir: dir,
        shared: false,
      }),
    ]);
    const state = await eventually(() => {
      const state = supervisor.state("Monitoring/greedy");
      return state?.restarts ? state : undefined;
    }, { timeout: 30_000 });
    assert.match(state.message!, /host process ended/);
    await phase("good", "Running");
    assert.equal(supervisor.state("Monitoring/good")!.restarts, 0);
  }, { memoryLimit: 96 * 2 ** 20 }));

Deno.test("apply() restarts what changed only, and stops the old before the new starts", () =>
  withSupervisor(async ({ supervisor, dir, summary, phase }) => {
    const source = pluginSource(
      `ctx.status({ started: performance.timeOrigin, v: ctx.config.v });
       await wait(ctx.signal);`,
      `async stop() { await new Promise((r) => setTimeout(r, 20)); },`,
    );
    const spec = (name: string, v: number) =>
      pluginSpec({ name, source, stateDir: dir, config: { v } });
    await supervisor.apply([await spec("a", 1), await spec("b", 1)]);
    await phase("a", "Running");
    await phase("b", "Running");
    const a = await eventually(() => summary("a"));
    const started = await supervisor.apply([
      await spec("a", 1),
      await spec("b", 2),
    ]);
    assert.deepEqual(started, ["Monitoring/b"]);
    await eventually(() => summary("b")?.v === 2);
    assert.deepEqual(summary("a"), a);
    await supervisor.apply([await spec("a", 1)]);
    assert.deepEqual(supervisor.states().map(({ name }) => name), ["a"]);
  }));

Deno.test("stop() survives a plugin that is stuck in a loop", () =>
  withSupervisor(async ({ supervisor, dir, phase, logs }) => {
    await supervisor.apply([
      await pluginSpec({
        name: "stuck",
        source: pluginSource("for (;;);"),
        stateDir: dir,
      }),
    ]);
    await phase("stuck", "Running");
    await supervisor.stop();
    assert.ok(logs.some((line) => /did not stop within 1000 ms/.test(line)));
  }));

Deno.test("a module that is not a plugin fails for good, with a message that says why", () =>
  withSupervisor(async ({ supervisor, dir, phase }) => {
    await supervisor.apply([
      await pluginSpec({
        name: "no",
        source: "export default 1;",
        stateDir: dir,
      }),
    ]);
    await phase("no", "Failed");
    assert.match(
      supervisor.state("Monitoring/no")!.message!,
      /default export is not a plugin/,
    );
  }));

Deno.test("a plugin reads and watches through the agent, and hears why it may not", () => {
  const object = {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Monitoring",
    metadata: { name: "x" },
  };
  const api: PluginApi = {
    call(_spec, call, { emit, signal }) {
      if (call.kind !== "Monitoring") {
        return Promise.reject(
          Object.assign(new Error("not granted"), { code: 403 }),
        );
      }
      if (call.method === "get") return Promise.resolve(object);
      if (call.method === "list") return Promise.resolve([object]);
      emit({ type: "ADDED", object });
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  };
  return withSupervisor(async ({ supervisor, dir, summary }) => {
    const source = pluginSource(`
      const got = await ctx.client.get("Monitoring", "x");
      const list = await ctx.client.list("Monitoring");
      const refused = await ctx.client.get("Secret", "x").catch((e) => e.code);
      for await (const event of ctx.client.watch("Monitoring", { signal: ctx.signal })) {
        ctx.status({ got: got.metadata.name, list: list.length, refused, event: event.type });
      }`);
    await supervisor.apply([
      await pluginSpec({ name: "kube", source, stateDir: dir }),
    ]);
    const seen = await eventually(() => summary("kube"), { timeout: 20_000 });
    assert.deepEqual(seen, {
      got: "x",
      list: 1,
      refused: 403,
      event: "ADDED",
    });
  }, { api });
});

Deno.test("a host ends when its agent is gone", async () => {
  const [program, ...args] = hostCommand;
  const child = new Deno.Command(program!, {
    args,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await child.stdin.close();
  const { code } = await child.status;
  assert.equal(code, 0);
  await reader.cancel();
});
