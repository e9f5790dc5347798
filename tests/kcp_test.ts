/**
 * The hub on a real kcp: what is particular to it. The way of a push on it is in `e2e/`.
 *
 * @module
 */
import assert from "node:assert/strict";
import { kcpMissing } from "./engines/kcp_server.ts";
import { KcpEnvironment } from "./kcp/environment.ts";
import { deletion } from "./kcp/scenarios/deletion.ts";
import { endpoints } from "./kcp/scenarios/endpoints.ts";
import { foreign } from "./kcp/scenarios/foreign.ts";
import { handed } from "./kcp/scenarios/handed.ts";
import { members } from "./kcp/scenarios/members.ts";
import { pluginKinds } from "./kcp/scenarios/plugin_kinds.ts";
import { pluginRights, reader } from "./kcp/scenarios/plugin_rights.ts";
import { randomStates } from "./kcp/scenarios/random_states.ts";
import { upgrade } from "./kcp/scenarios/upgrade.ts";

const missing = kcpMissing();

/** In an order in which the workspaces that one leaves behind serve the next. */
const scenarios = [
  members,
  foreign,
  pluginRights,
  randomStates,
  pluginKinds,
  endpoints,
  handed,
  deletion,
  upgrade,
];

Deno.test({
  name: `a hub on kcp${missing ? ` (skipped: ${missing})` : ""}`,
  ignore: missing !== undefined,
  async fn(t) {
    await using environment = await KcpEnvironment.start({
      people: ["ann", "bob"],
      catalogue: [reader],
    });
    for (const { name, run } of scenarios) {
      const ok = await t.step(name, () => run(environment));
      // What comes after would only fail along.
      assert.ok(ok, name);
    }
  },
});
