import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import { Network } from "../../../api/network.ts";
import { eventually } from "../../../kube/testing/eventually.ts";
import { workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";
import { TIMEOUT } from "../site.ts";

export const leftFields: Scenario = {
  name:
    "a field that is left to others is set once, and kept through later commits",
  spec: {
    driftRules: [
      {
        target: { kind: "Network" },
        paths: ["/spec/config/listenPort"],
        drift: "ignore",
      },
      { target: { kind: "Agent" }, paths: ["/spec/paused"], drift: "ignore" },
      {
        target: { kind: "Agent", name: "press-*" },
        paths: ["/metadata/labels/line"],
        drift: "report",
      },
    ],
  },
  async run(site, { client }) {
    const scope = { namespace: site.name };
    const net = (port: number, mtu: number) => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec: {type: wireguard, config: {listenPort: ${port}, mtu: ${mtu}}}
`;
    const press = (mtu: number) => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1, labels: {line: "1"}}
spec: {paused: false, plugins: [{name: mesh, config: {mtu: ${mtu}}}]}
`;
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("net.yaml")]: net(1, 1400),
        [site.file("agents.yaml")]: press(1),
      }),
    );
    const by = { ...scope, fieldManager: "kubectl-edit" };
    await client.patch(Agent, "press-1", {
      metadata: { labels: { line: "9" } },
      spec: { paused: true },
    }, by);
    await client.patch(
      Network,
      "mesh",
      { spec: { config: { listenPort: 7, mtu: 9000 } } },
      by,
    );
    const status = await site.status((s) => s.drift?.objects === 1);
    assert.deepEqual(status.drift?.first[0]?.fields, [
      "metadata.labels.line differs",
    ]);
    const config = async () =>
      (await client.get<Network>(Network, "mesh", scope)).spec.config;
    await eventually(
      async () => (await config() as { mtu: number }).mtu === 1400,
      { timeout: TIMEOUT, what: "the field beside it was put back" },
    );
    assert.deepEqual(await config(), { listenPort: 7, mtu: 1400 });
    // Later commits set all but the fields that are others'.
    await site.applied(
      await site.push({
        [site.file("net.yaml")]: net(2, 1500),
        [site.file("agents.yaml")]: press(2),
      }),
    );
    assert.deepEqual(await config(), { listenPort: 7, mtu: 1500 });
    const { spec, metadata } = await client.get<Agent>(
      Agent,
      "press-1",
      scope,
    );
    assert.equal(spec.paused, true);
    assert.deepEqual(spec.plugins?.[0]?.config, { mtu: 2 });
    assert.equal(metadata.labels?.line, "1");
  },
};
