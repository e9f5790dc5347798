import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { Workspace } from "../../../api/workspace.ts";
import { isTrue } from "../../../kube/conditions.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { isAlreadyExists } from "../../../kube/kube_api_error.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

/** Objects in each workspace. */
const COUNT = 100;

export const crash: Scenario = {
  name:
    "kcp killed under load and started again: the hub goes on, and nothing that was acknowledged is lost",
  async run(environment) {
    const names = ["site-a", "site-b"];
    const acknowledged: string[] = [];
    const kill = Promise.withResolvers<void>();
    const write = async (workspace: string, client: KubeClient) => {
      for (let i = 0; i < COUNT; i++) {
        const name = `load-${i}`;
        await eventually(
          () =>
            client.create<Agent>(Agent, {
              apiVersion: Agent.apiVersion,
              kind: Agent.kind,
              metadata: { name, namespace: "default" },
              spec: {},
            }).then(() => true, isAlreadyExists),
          { timeout: TIMEOUT, what: `${workspace}/${name} was made` },
        );
        acknowledged.push(`${workspace}/${name}`);
        if (acknowledged.length === COUNT / 2) kill.resolve();
      }
    };
    const hub = await environment.admin(HUB);
    const clients = await Promise.all(names.map(async (name) => {
      await hub.patch(Workspace, name, {
        spec: { members: [{ user: "ann", role: "admin" }] },
      });
      // The token of kcp's own administrator ends with the process.
      const client = await environment.as("ann", `${HUB}:${name}`);
      await eventually(
        () =>
          client.list(Agent, { namespace: "default" })
            .then(() => true, () => false),
        { timeout: TIMEOUT, what: `ann was in ${name}` },
      );
      return client;
    }));
    const load = Promise.all(
      names.map((name, i) => write(name, clients[i]!)),
    );
    await kill.promise;
    await environment.server.kill();
    await environment.server.restart();
    await load;
    assert.equal(acknowledged.length, names.length * COUNT);
    await eventually(async () => {
      for (const name of names) {
        const client = await environment.admin(`${HUB}:${name}`);
        const { items } = await client.list<Agent>(Agent, {
          namespace: "default",
        });
        const load = items.filter((a) => a.metadata.name.startsWith("load-"));
        assert.equal(load.length, COUNT);
        const ready = load.filter((a) => isTrue(a.status?.conditions, "Ready"));
        if (ready.length < COUNT) return false;
      }
      return true;
    }, { timeout: TIMEOUT, what: "the hub had accepted all of them" });
  },
};
