import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import { Plugin } from "../../../api/plugin.ts";
import { Workspace } from "../../../api/workspace.ts";
import { isForbidden } from "../../../kube/kube_api_error.ts";
import { KcpWorkspace } from "../../../kube/kcp/kinds.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { HUB, TIMEOUT } from "../environment.ts";
import type { Scenario } from "../scenario.ts";

export const members: Scenario = {
  name:
    "a hub with rights in its own workspace alone lets members into theirs, as their role says",
  async run(environment) {
    const url = environment.server.url;
    await environment.workspace("site-a", {
      members: [{ user: "ann", role: "admin" }],
    });
    await environment.workspace("site-b", {
      members: [{ user: "bob", role: "viewer" }],
    });
    const found = await environment.untilWorkspace("site-a", (w) => w);
    assert.equal(found!.status!.workspaceURL, `${url}/clusters/${HUB}:site-a`);

    const agent = (name: string): Agent => ({
      apiVersion: Agent.apiVersion,
      kind: Agent.kind,
      metadata: { name, namespace: "default" },
      spec: {},
    });
    const ann = await environment.as("ann", `${HUB}:site-a`);
    const bob = await environment.as("bob", `${HUB}:site-b`);
    await ann.create(Agent, agent("press-1"));
    await ann.get(core.Secret, "none", { namespace: "default" })
      .catch((error) => assert.equal(error.code, 404));
    assert.deepEqual(
      (await bob.list(Agent, { namespace: "default" })).items,
      [],
    );
    await assert.rejects(bob.create(Agent, agent("press-2")), isForbidden);
    await assert.rejects(
      bob.list(core.Secret, { namespace: "default" }),
      isForbidden,
    );
    for (const name of ["ann", "bob"]) {
      const other = name === "ann" ? "site-b" : "site-a";
      const there = await environment.as(name, `${HUB}:${other}`);
      await assert.rejects(
        there.list(Agent, { namespace: "default" }),
        isForbidden,
      );
      // In the hub's own workspace they see what is theirs, and the catalogue.
      const own = name === "ann" ? "site-a" : "site-b";
      const hub = await environment.as(name, HUB);
      await hub.get(Workspace, own);
      await hub.get(KcpWorkspace, own);
      await hub.list(Plugin);
      for (const resource of [Workspace, KcpWorkspace]) {
        await assert.rejects(hub.get(resource, other), isForbidden);
        await assert.rejects(hub.list(resource), isForbidden);
      }
      await assert.rejects(
        hub.list(core.Secret, { namespace: "faros-system" }),
        isForbidden,
      );
    }

    // One who is no member any more gets in no more.
    const admin = await environment.admin(HUB);
    await admin.patch(Workspace, "site-b", { spec: { members: [] } });
    await eventually(
      () =>
        bob.list(Agent, { namespace: "default" })
          .then(() => false, isForbidden),
      { timeout: TIMEOUT, what: "bob was out" },
    );
  },
};
