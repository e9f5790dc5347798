import assert from "node:assert/strict";
import * as core from "../../../api/core.ts";
import { configMapManifest, inWorkspace, siteFiles } from "../manifests.ts";
import { REPOSITORY } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

/** Objects of the sync: enough to be killed amidst. */
const OBJECTS = 500;

export const hubCrash: Scenario = {
  name: "a hub killed amidst a sync completes it once it is back",
  async run(environment) {
    const workspace = "site-crash";
    await environment.sync(siteFiles(workspace, { agents: [] }));
    const { client, namespace } = await environment.in(workspace);
    const files: Record<string, string> = {};
    for (let i = 0; i < OBJECTS; i++) {
      files[inWorkspace(workspace, `config-${i}.yaml`)] = configMapManifest(
        `config-${i}`,
        "first",
      );
    }
    const count = async () => {
      const { items } = await client.listAll(core.ConfigMap, {
        namespace,
      });
      return items.filter((o) => o.metadata.name.startsWith("config-")).length;
    };

    const commit = await environment.push(files);
    const applied = await environment.until(
      "the sync was under way",
      async () => await count() || undefined,
      { interval: 1 },
    );
    await environment.engine.hub.kill();
    assert.ok(applied < OBJECTS, "the kill came too late to be amidst");
    await environment.engine.startHub();

    await environment.untilApplied(commit);
    assert.equal(await count(), OBJECTS);

    const gone = Object.fromEntries(Object.keys(files).map((f) => [f, null]));
    const removal = await environment.push(gone);
    // So many go only when somebody says so.
    await environment.untilRepository(
      "the removal waited for approval",
      (status) =>
        status.observedCommit === removal &&
        status.pendingPrunes?.[0]?.objects === OBJECTS,
    );
    assert.equal(await count(), OBJECTS);
    const approve = ["repository", "approve", REPOSITORY, "--commit", removal];
    const asked = await environment.faros(...approve);
    assert.equal(asked.code, 1);
    assert.match(asked.stdout, /ConfigMap +500 +/);
    assert.match(asked.stderr, /say --yes to let these 500 objects go/);
    const { code, stderr } = await environment.faros(...approve, "--yes");
    assert.equal(code, 0, stderr);
    await environment.untilApplied(removal);
    assert.equal(await count(), 0);
  },
};
