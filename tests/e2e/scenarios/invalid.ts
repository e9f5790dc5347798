import assert from "node:assert/strict";
import { agentManifest, inWorkspace, siteFiles } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const invalid: Scenario = {
  name:
    "an invalid manifest is reported with file and line, while all else goes on",
  async run(environment, { workspace, devices: [device] }) {
    const before = await environment.agentOf(device);
    const path = inWorkspace(workspace, `${device.name}.yaml`);
    const broken = agentManifest(device.name).replace(
      "    - name: host\n",
      "    - nmae: host\n",
    );
    const line = broken.split("\n").findIndex((l) => l.includes("nmae")) + 1;
    const other = "site-beside";
    await environment.push({
      [path]: broken,
      ...siteFiles(other, { agents: ["lathe-1"] }),
    });

    const status = await environment.untilRepository(
      "the error was reported",
      (status) => status.lastError?.file === path,
    );
    assert.equal(status.lastError!.line, line);
    assert.match(status.lastError!.message, /nmae/);
    const folder = status.workspaces?.find((w) => w.name === workspace);
    assert.equal(folder?.error?.file, path);
    // The other workspace of the same commit is applied.
    await environment.until(
      "the other workspace was applied",
      () => environment.agentOf({ workspace: other, name: "lathe-1" }),
    );
    // The device runs what it ran.
    const after = await environment.agentOf(device);
    assert.deepEqual(after.spec, before.spec);
    assert.equal(after.status!.revision, before.status!.revision);
    assert.ok(after.status!.plugins!.every((p) => p.phase === "Running"));

    const files = { [path]: agentManifest(device.name) };
    await environment.sync(files);
    await environment.untilRepository(
      "the error was gone",
      (status) => status.lastError === undefined,
    );
  },
};
