import assert from "node:assert/strict";
import { REPOSITORY } from "../environment.ts";
import { inWorkspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

/** What `faros repository trace` and `tree` tell of a device. */
interface Device {
  name: string;
  workspace: string;
  converged: boolean;
  online: boolean;
}

export const trace: Scenario = {
  name:
    "commands lead from an object to its line, author and devices, from a line back, and find nothing to change",
  async run(environment, { workspace, devices }) {
    const file = inWorkspace(workspace, "monitoring.yaml");
    const names = devices.map(({ name }) => name).sort();
    for (const device of devices) await environment.untilConverged(device);
    const json = async (...args: string[]) => {
      const { code, stdout, stderr } = await environment.faros(
        ...["repository", ...args, "-o", "json"],
      );
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const running = (found: Device[]) =>
      found.map(({ name, workspace, converged, online }) => ({
        name,
        workspace,
        converged,
        online,
      }));
    const all = names.map((name) => ({
      name,
      workspace,
      converged: true,
      online: true,
    }));

    const object = await json("trace", "monitoring/host", "-w", workspace);
    assert.deepEqual([object.repository, object.file, object.line], [
      REPOSITORY,
      file,
      2,
    ]);
    assert.ok(object.author && object.date && object.message && object.applied);
    assert.deepEqual(running(object.devices), all);

    const [line] = await json("trace", "--file", `${file}:4`);
    assert.deepEqual(line, object);
    const ofWorkspace = await json("trace", `workspace/${workspace}`);
    assert.deepEqual(running(ofWorkspace.devices), all);
    const [commit] = await json("trace", "--commit", object.commit);
    assert.ok(
      commit.objects.some((o: { name: string; workspace?: string }) =>
        o.name === "host" && o.workspace === workspace
      ),
    );

    const tree = await json("tree", REPOSITORY, "-w", workspace);
    const host = tree.workspaces[0].objects
      .find((o: { name: string }) => o.name === "host");
    assert.deepEqual(running(host.devices), all);

    const difference = await json("diff", REPOSITORY);
    assert.deepEqual([difference.objects, difference.problems], [[], []]);
  },
};
