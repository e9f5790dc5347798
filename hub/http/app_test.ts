import assert from "node:assert/strict";
import { Hono } from "hono";
import { HUB_API } from "../../api/names.ts";
import { FakeClock } from "../../kube/clock.ts";
import { silentLogger } from "../../kube/log.ts";
import { HubKeys } from "../keys/hub_keys.ts";
import { createKeyRing } from "../keys/key_ring.ts";
import { HubMetrics } from "../metrics.ts";
import { type AppOptions, createApp } from "./app.ts";
import { rateLimit } from "./rate_limit.ts";
import { answerErrors, answerNotFound, StatusError } from "./status_error.ts";

const from = (hostname: string) => ({
  remoteAddr: { transport: "tcp", hostname, port: 1 } as Deno.NetAddr,
});

Deno.test("rateLimit() gives each address its own bucket, which fills again", async () => {
  const clock = new FakeClock();
  const app = new Hono().use(rateLimit({ rate: 2, burst: 3, clock }))
    .get("/", (c) => c.text("ok"));
  app.onError(answerErrors(silentLogger));
  const get = (hostname: string) => app.request("/", {}, from(hostname));
  const codes = [];
  for (let i = 0; i < 4; i++) codes.push((await get("10.0.0.1")).status);
  assert.deepEqual(codes, [200, 200, 200, 429]);
  const refused = await get("10.0.0.1");
  assert.equal(refused.headers.get("Retry-After"), "1");
  assert.equal((await get("10.0.0.2")).status, 200);
  await clock.advance(500);
  assert.equal((await get("10.0.0.1")).status, 200);
  assert.equal((await get("10.0.0.1")).status, 429);
});

Deno.test("errors are Kubernetes Statuses, and an unforeseen one tells nothing", async () => {
  const app = new Hono()
    .get("/gone", () => {
      throw new StatusError(410, "it went");
    })
    .get("/bug", () => {
      throw new Error("password=hunter2");
    });
  app.onError(answerErrors(silentLogger));
  app.notFound(answerNotFound);
  const body = async (path: string) => await (await app.request(path)).json();
  const gone = await body("/gone");
  assert.equal(gone.kind, "Status");
  assert.deepEqual([gone.code, gone.reason, gone.message], [
    410,
    "Gone",
    "it went",
  ]);
  assert.ok(!JSON.stringify(await body("/bug")).includes("hunter2"));
  assert.equal((await body("/nowhere")).reason, "NotFound");
});

Deno.test("methods that strangers make up are counted as one", async () => {
  const metrics = new HubMetrics();
  const app = createApp({
    metrics,
    checks: {},
    keys: new HubKeys(await createKeyRing(0)),
    log: silentLogger,
  } as unknown as AppOptions);
  for (const method of ["GET", "BREW", "X-1", "X-2"]) {
    await app.request("/healthz", { method });
  }
  const counted = metrics.text().split("\n")
    .filter((line) => line.startsWith("faros_http_requests_total{"));
  assert.deepEqual(counted, [
    'faros_http_requests_total{method="GET",code="200"} 1',
    'faros_http_requests_total{method="other",code="404"} 3',
  ]);
});

Deno.test("a device whose request stops amid its body is told so, and keeps nobody waiting", async () => {
  const clock = new FakeClock();
  const app = createApp({
    metrics: new HubMetrics(),
    checks: {},
    keys: new HubKeys(await createKeyRing(0)),
    log: silentLogger,
    clock,
  } as unknown as AppOptions);
  const ask = (body: BodyInit) =>
    app.request(`${HUB_API}/devices/challenge`, { method: "POST", body });
  const { readable, writable } = new TransformStream<Uint8Array>();
  const stopped = ask(readable);
  await writable.getWriter().write(new TextEncoder().encode('{"namespace":'));
  const whole = { namespace: "a", enrollment: "0".repeat(64) };
  assert.equal((await ask(JSON.stringify(whole))).status, 200);
  assert.equal((await ask("x".repeat(16 * 1024 + 1))).status, 413);
  assert.equal((await ask("{")).status, 400);
  await clock.advance(10_000);
  assert.equal((await stopped).status, 408);
});
