import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { KubeClient } from "./client.ts";
import { FakeClock } from "./clock.ts";
import { createEventRecorder } from "./events.ts";
import { createRestClient } from "./rest_client.ts";
import { startFaultServer, statusResponse } from "./testing/fault_server.ts";

const AGENT: KubeObject = {
  apiVersion: "edge.faros.sh/v1alpha1",
  kind: "Agent",
  metadata: { name: "press-7", namespace: "site-a", uid: "u1" },
};

Deno.test("event recorder never throws, and drops what cannot be written", async () => {
  await using server = startFaultServer(() => statusResponse(403));
  using client = new KubeClient(createRestClient(server.config));
  const recorder = createEventRecorder(client, { component: "faros-hub" });
  recorder.event(AGENT, { reason: "Applied", message: "m" });
  recorder.event(AGENT, { reason: "Applied", message: "m" });
  await recorder.flush();
  assert.equal(server.requests.length, 2);
});

Deno.test("event recorder starts anew where the event has expired", async () => {
  const bodies: Record<string, unknown>[] = [];
  await using server = startFaultServer(async (request) => {
    if (request.method === "PATCH") return statusResponse(404);
    const body = await request.json();
    bodies.push(body);
    return Response.json(body);
  });
  using client = new KubeClient(createRestClient(server.config));
  const recorder = createEventRecorder(client, { component: "faros-hub" });
  recorder.event(AGENT, { reason: "Applied", message: "m" });
  recorder.event(AGENT, { reason: "Applied", message: "m" });
  await recorder.flush();
  assert.equal(bodies.length, 2);
  const names = bodies.map((b) => (b.metadata as { name: string }).name);
  assert.notEqual(names[0], names[1]);
});

Deno.test("event recorder slows down an object that has too much to tell", async () => {
  await using server = startFaultServer(async (request) =>
    Response.json(await request.json())
  );
  using client = new KubeClient(createRestClient(server.config));
  const clock = new FakeClock();
  const recorder = createEventRecorder(client, { component: "hub", clock });
  const tell = async (count: number) => {
    for (let i = 0; i < count; i++) {
      recorder.event(AGENT, { reason: "Flapped", message: `time ${i}` });
    }
    await recorder.flush();
    return server.requests.length;
  };
  assert.equal(await tell(100), 25);
  await clock.advance(60_000);
  assert.equal(await tell(100), 27);
  recorder.event({ ...AGENT, metadata: { name: "other", uid: "u2" } }, {
    reason: "Applied",
    message: "m",
  });
  await recorder.flush();
  assert.equal(server.requests.length, 28);
});
