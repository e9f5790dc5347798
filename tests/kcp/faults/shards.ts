import assert from "node:assert/strict";
import { APIExportEndpointSlice } from "../../../kube/kcp/kinds.ts";
import { Agent } from "../../../api/agent.ts";
import { siteFiles } from "../../e2e/manifests.ts";
import { freePort } from "../../engines/process.ts";
import type { Fault } from "./environment.ts";
import { Relay } from "./relay.ts";

export const shards: Fault = {
  name:
    "endpoints come with the first workspaces; one that cannot be reached, or dies, does not keep the others waiting",
  async run(environment) {
    const { kcp } = environment;
    const hub = await environment.hub();
    const urls = async () => {
      const { status } = await hub.get<APIExportEndpointSlice>(
        APIExportEndpointSlice,
        Agent.group,
      );
      return (status?.endpoints ?? []).map(({ url }) => url);
    };
    const name = (...all: string[]) =>
      hub.patch(APIExportEndpointSlice, Agent.group, {
        status: { endpoints: all.map((url) => ({ url })) },
      }, { subresource: "status" });
    const said = (text: string) =>
      environment.until(
        `the log said: ${text}`,
        () => kcp.logs.some((line) => line.includes(text)),
      );

    const lists = () =>
      kcp.logs.filter((line) => line.includes("Listing again")).length;
    const watches = async () => {
      const answer = await fetch(`${kcp.hub.url}/metrics`);
      return Number(/^faros_open_watches (\d+)/m.exec(await answer.text())![1]);
    };

    // The hub has run without any workspace, and so without any endpoint.
    assert.deepEqual(await urls(), []);
    await environment.push({
      ...siteFiles("site-a", { agents: ["press-1", "press-2"] }),
      ...siteFiles("site-b", { agents: ["press-1"] }),
    });
    await environment.untilAssigned("site-a", ["press-1", "press-2"]);
    await environment.untilAssigned("site-b", ["press-1"]);
    const [url] = await urls();
    const at = (port: number) => {
      const other = new URL(url!);
      other.port = String(port);
      return other.href;
    };

    // A shard that nobody has reached yet.
    await name(url!, at(freePort()));
    await said("Cannot reach an endpoint of an APIExport");
    await environment.untilAccepted("site-a", "beside-a-closed-one");

    // One that was followed, and goes away; it tells of the same objects here.
    const relay = Relay.start(Number(new URL(url!).port));
    try {
      const before = await watches();
      const listed = lists();
      await name(url!, at(relay.port));
      // Each that was listed anew is watched there, too.
      await environment.until("the hub followed it", async () => {
        const more = lists() - listed;
        return more > 0 && await watches() >= before + more;
      });
      await environment.untilAccepted("site-a", "beside-a-living-one");
    } finally {
      relay.close();
    }
    await said("Cannot follow a part of the workspaces");
    await environment.untilAccepted("site-a", "beside-a-dead-one");

    // A shard that was named and is gone for good: the next hub does not know of it.
    await name(url!);
    await said("An endpoint of an APIExport is named no longer");
    await kcp.stopHub();
    await kcp.startHub();
    await environment.untilAccepted("site-b", "without-it");
  },
};
