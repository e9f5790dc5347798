import assert from "node:assert/strict";
import * as z from "zod/mini";
import { aborted, ConfigError, definePlugin, runLifeCycle } from "./mod.ts";
import { runForTest } from "./testing.ts";

const base = {
  name: "t",
  version: "1.0.0",
  description: "",
  provides: [{ kind: "Monitoring", type: "t" }],
  config: z.strictObject({ every: z._default(z.int(), 5) }),
};

Deno.test("a plugin goes through provision, validate, run and stop, each with what provision made", async () => {
  const seen: unknown[] = [];
  const plugin = definePlugin({
    ...base,
    provision: () => ({ opened: true }),
    validate: (_ctx, state) => void seen.push(["validate", state]),
    async run(ctx, state) {
      seen.push(["run", state, ctx.config.every]);
      ctx.status({ running: true });
      await aborted(ctx.signal);
    },
    stop: (_ctx, state) => void seen.push(["stop", state]),
  });
  const run = await runForTest(plugin);
  await run.untilStatus();
  assert.equal(run.phase, "Running");
  await run.stop();
  assert.deepEqual(seen, [
    ["validate", { opened: true }],
    ["run", { opened: true }, 5],
    ["stop", { opened: true }],
  ]);
});

Deno.test("stop() is called after a provision that failed half-way, and the failure is what is told", async () => {
  let state: unknown = "not called";
  const plugin = definePlugin({
    ...base,
    provision() {
      throw new Error("no port");
    },
    run: (ctx) => aborted(ctx.signal),
    stop(_ctx, given) {
      state = given;
      throw new Error("nothing to stop");
    },
  });
  const run = await runForTest(plugin);
  await assert.rejects(run.untilStatus(), /no port/);
  await assert.rejects(run.stop(), /no port/);
  assert.equal(state, undefined);
});

Deno.test("run() that returns by itself is a failure", async () => {
  const plugin = definePlugin({ ...base, run: () => {} });
  const run = await runForTest(plugin);
  await assert.rejects(
    runLifeCycle(plugin, run.context),
    /returned before it was asked to stop/,
  );
  await assert.rejects(run.stop(), /returned before/);
});

Deno.test("a config that does not fit is refused with the path of what is wrong", () => {
  const plugin = definePlugin({ ...base, run: () => {} });
  assert.throws(
    () => plugin.parseConfig({ every: "x", other: 1 }),
    (error: Error) =>
      error instanceof ConfigError && /config\.every/.test(error.message) &&
      /other/.test(error.message),
  );
});
