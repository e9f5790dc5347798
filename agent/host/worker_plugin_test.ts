import assert from "node:assert/strict";
import { pluginSource } from "../testing/script_plugin.ts";
import type { FromHost } from "./protocol.ts";
import { startWorkerPlugin } from "./worker_plugin.ts";

Deno.test("a plugin whose host stood still is not taken for hung; one that answers nothing is", async () => {
  const said: FromHost[] = [];
  const running = Promise.withResolvers<void>();
  const { setInterval } = globalThis;
  const { now } = performance;
  let ping = () => {};
  globalThis.setInterval = ((callback: () => void) => {
    ping = callback;
    return 0;
  }) as unknown as typeof setInterval;
  try {
    const plugin = startWorkerPlugin({
      type: "start",
      plugin: "Monitoring/x",
      object: { kind: "Monitoring", name: "x" },
      name: "x",
      version: "1.0.0",
      code: btoa(pluginSource("await wait(ctx.signal);")),
      config: {},
      permissions: {},
      stateDir: "/nowhere",
      env: {},
    }, (message) => {
      said.push(message);
      if (message.type === "phase" && message.phase === "Running") {
        running.resolve();
      }
    });
    await running.promise;
    ping();
    performance.now = () => now.call(performance) + 60_000;
    ping();
    assert.ok(!said.some(({ type }) => type === "ended"));
    // Nothing that the Worker says can arrive in between.
    for (let n = 0; n < 3; n++) ping();
    await plugin.done;
    assert.match(JSON.stringify(said.at(-1)), /did not answer for 30 s/);
  } finally {
    globalThis.setInterval = setInterval;
    performance.now = now;
  }
});
