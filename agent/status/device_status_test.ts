import assert from "node:assert/strict";
import type { PluginState } from "../../api/agent.ts";
import { deviceStatus } from "./device_status.ts";

/** Longest message of a condition that the API takes, in characters. */
const MAX_MESSAGE = 32768;

Deno.test("conditions stay within what the API takes, however much there is to say", () => {
  const plugins = Array.from({ length: 2000 }, (_, n): PluginState => ({
    name: `plugin-${n}`,
    kind: "Monitoring",
    phase: "BackOff",
    message: "x".repeat(100),
  }));
  const assignment = {
    agentUID: "uid-1",
    revision: "r-1",
    counter: 1,
    signer: "key",
    time: "2026-01-01T00:00:00Z",
    signature: "s",
  };
  const message = "y".repeat(60_000);
  const failed = { reason: "RolledBack", message };
  for (
    const report of [
      { assignment, revision: "r-1" },
      { assignment, failed },
      { assignment, problem: failed },
      { assignment, rejected: message },
    ]
  ) {
    const { conditions } = deviceStatus({
      report,
      plugins,
      device: { os: "linux", arch: "x86_64", addresses: [] },
      now: 0,
    });
    for (const { type, message } of conditions!) {
      assert.ok(message.length <= MAX_MESSAGE, `${type}: ${message.length}`);
    }
  }
});
