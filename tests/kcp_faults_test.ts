/**
 * What goes wrong on a real kcp: the hub heals, or says what a person has to do.
 *
 * @module
 */
import assert from "node:assert/strict";
import { kcpMissing } from "./engines/kcp_server.ts";
import { crash } from "./kcp/faults/crash.ts";
import { credentials } from "./kcp/faults/credentials.ts";
import { FaultsEnvironment } from "./kcp/faults/environment.ts";
import { reborn } from "./kcp/faults/reborn.ts";
import { shards } from "./kcp/faults/shards.ts";
import { unbound } from "./kcp/faults/unbound.ts";

const missing = kcpMissing();

/** In an order in which the workspaces that one leaves behind serve the next. */
const scenarios = [shards, unbound, reborn, crash, credentials];

Deno.test({
  name: `a hub on a kcp with faults${missing ? ` (skipped: ${missing})` : ""}`,
  ignore: missing !== undefined,
  async fn(t) {
    await using environment = await FaultsEnvironment.start();
    for (const { name, run } of scenarios) {
      const ok = await t.step(name, () => run(environment));
      // What comes after would only fail along.
      assert.ok(ok, name);
    }
  },
});
