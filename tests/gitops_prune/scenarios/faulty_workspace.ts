import assert from "node:assert/strict";
import { Workspace } from "../../../api/workspace.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const faultyWorkspace: Scenario = {
  name: "a Workspace goes with its folder, also where that had a fault before",
  async run(site, { client }) {
    const faulty = `${site.name}-faulty`;
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [`workspaces/${faulty}/workspace.yaml`]: workspace(faulty),
      }),
    );
    await site.push({ [`workspaces/${faulty}/map.yaml`]: "kind: ConfigMap" });
    await site.refused("ManifestInvalid");
    assert.ok(await client.tryGet(Workspace, faulty));
    await site.applied(await site.push({ [`workspaces/${faulty}`]: null }));
    await eventually(async () => !await client.tryGet(Workspace, faulty), {
      timeout: TIMEOUT,
      what: "the Workspace was gone",
    });
  },
};
