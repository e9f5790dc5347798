/**
 * The way of a git push on each engine, with real processes, kubectl and git.
 *
 * @module
 */
import { embedded } from "../engines/embedded.ts";
import type { Engine } from "../engines/engine.ts";
import { kcp } from "../engines/kcp.ts";
import { kubernetes } from "../engines/kubernetes.ts";
import { Environment } from "./environment.ts";
import { findKubectl } from "./kubectl.ts";
import { siteFiles } from "./manifests.ts";
import type { Scenario, Site } from "./scenario.ts";
import { claim } from "./scenarios/claim.ts";
import { drift } from "./scenarios/drift.ts";
import { forged } from "./scenarios/forged.ts";
import { hubCrash } from "./scenarios/hub_crash.ts";
import { invalid } from "./scenarios/invalid.ts";
import { isolation } from "./scenarios/isolation.ts";
import { offline } from "./scenarios/offline.ts";
import { overreach } from "./scenarios/overreach.ts";
import { pluginKinds } from "./scenarios/plugin_kinds.ts";
import { prune } from "./scenarios/prune.ts";
import { push } from "./scenarios/push.ts";
import { trace } from "./scenarios/trace.ts";

/** In an order in which each finds both devices running; `claim` takes one over. */
const scenarios: readonly Scenario[] = [
  push,
  trace,
  drift,
  invalid,
  overreach,
  prune,
  isolation,
  pluginKinds,
  forged,
  hubCrash,
  offline,
  claim,
];

const engines: readonly Engine[] = [embedded, kubernetes, kcp];

for (const engine of engines) {
  const missing = engine.missing ??
    (findKubectl() ? undefined : "there is no kubectl on the PATH");
  Deno.test({
    name: `a fleet on ${engine.name}${missing ? ` (skipped: ${missing})` : ""}`,
    ignore: missing !== undefined,
    async fn(t) {
      const environment = await Environment.start(engine);
      try {
        const site = await startSite(environment);
        for (const scenario of scenarios) {
          await t.step(scenario.name, () => scenario.run(environment, site));
        }
      } finally {
        await environment.close();
      }
    },
  });
}

async function startSite(environment: Environment): Promise<Site> {
  const workspace = "site-a";
  const names = ["press-1", "press-2"] as const;
  await environment.sync(siteFiles(workspace, { agents: names }));
  const devices = [
    await environment.join(workspace, names[0]),
    await environment.join(workspace, names[1]),
  ] as const;
  for (const device of devices) await environment.untilConverged(device);
  return { workspace, devices };
}
