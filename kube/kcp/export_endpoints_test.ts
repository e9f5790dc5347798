import assert from "node:assert/strict";
import { KubeClient } from "../client.ts";
import { createRestClient } from "../rest_client.ts";
import { eventually } from "../testing/eventually.ts";
import {
  eventStream,
  startFaultServer,
  statusResponse,
} from "../testing/fault_server.ts";
import { belowPath } from "./below_path.ts";
import { ExportEndpoints } from "./export_endpoints.ts";
import type { APIExportEndpointSlice } from "./kinds.ts";

function slice(version: number, urls: string[]): APIExportEndpointSlice {
  return {
    apiVersion: "apis.kcp.io/v1alpha1",
    kind: "APIExportEndpointSlice",
    metadata: { name: "edge.faros.sh", resourceVersion: String(version) },
    spec: { export: { name: "edge.faros.sh" } },
    status: { endpoints: urls.map((url) => ({ url })) },
  };
}

Deno.test("an endpoint counts from its first answer on, until it is named no longer and empty", async () => {
  const stop = new AbortController();
  const slices = eventStream();
  let down = true;
  await using server = startFaultServer((_, url) => {
    if (url.searchParams.has("watch")) return slices.response;
    if (url.pathname.endsWith("/apiexportendpointslices")) {
      return Response.json({
        kind: "APIExportEndpointSliceList",
        metadata: { resourceVersion: "1" },
        items: [slice(1, ["up", "down", "closed"].map(named))],
      });
    }
    if (url.pathname.startsWith("/down/") && down) return statusResponse(503);
    // Whoever asks it for something will hear that.
    if (url.pathname.startsWith("/closed/")) return statusResponse(403);
    return Response.json({ kind: "List", metadata: {}, items: [] });
  });
  const named = (name: string) => `${server.url}/${name}`;
  using rest = createRestClient(server.config);
  const endpoints = new ExportEndpoints({
    client: new KubeClient(rest),
    at: (url) => new KubeClient(belowPath(rest, new URL(url).pathname)),
    signal: stop.signal,
  });
  let changes = 0;
  endpoints.on(() => changes++);
  await endpoints.synced;
  const now = () => endpoints.of("edge.faros.sh");
  assert.deepEqual(now(), ["closed", "up"].map(named));
  assert.deepEqual(endpoints.of("other.faros.sh"), []);

  down = false;
  const before = changes;
  await eventually(() => now().length === 3, {
    timeout: 30_000,
    what: "the one that was down counted",
  });
  assert.ok(changes > before);
  // Named no longer, it counts until nothing is bound there, which one that is away does not say.
  down = true;
  slices.send("MODIFIED", slice(2, []));
  await eventually(
    () => now().join() === ["closed", "down"].map(named).join(),
    {
      timeout: 30_000,
      what: "the empty one counted no more",
    },
  );
  slices.send("MODIFIED", slice(3, [named("up")]));
  await eventually(() => now().includes(named("up")), { timeout: 30_000 });
  stop.abort();
  slices.end();
});
