import assert from "node:assert/strict";
import { requestUrl } from "../request/url.ts";
import { configMap, withServer } from "../test_client.ts";
import { FakeClock } from "./fake_clock.ts";
import { RequestTime } from "./request_time.ts";

/** A limit of 60 s, and a log of how work ended. */
function limited() {
  const clock = new FakeClock();
  const time = new RequestTime({ clock });
  const log: string[] = [];
  const start = (name: string, ms = time.timeoutMs) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const outcome = time.limit(promise, ms).then(
      (value) => void log.push(`${name} ${value}`),
      (error) => void log.push(`${name} ${error.code ?? error.message}`),
    );
    return { resolve, reject, outcome };
  };
  return { clock, time, log, start };
}

Deno.test("what takes longer than its time is given up with 504, the oldest first", async () => {
  const { clock, log, start } = limited();
  const a = start("a");
  clock.pass(10_000);
  const b = start("b");
  const c = start("c");
  c.resolve("done");
  await c.outcome;
  assert.equal(clock.timers, 1);
  clock.pass(50_000);
  await a.outcome;
  assert.deepEqual(log, ["c done", "a 504"]);
  clock.pass(9999);
  b.reject(new Error("failed"));
  await b.outcome;
  // What comes too late is of no interest, and breaks nothing.
  a.reject(new Error("late"));
  clock.pass(1);
  assert.deepEqual(log, ["c done", "a 504", "b failed"]);
  assert.equal(clock.timers, 0);
});

Deno.test("a shorter time has a timer of its own", async () => {
  const { clock, log, start } = limited();
  const long = start("long");
  const short = start("short", 1000);
  clock.pass(1000);
  await short.outcome;
  long.resolve("done");
  await long.outcome;
  assert.deepEqual(log, ["short 504", "long done"]);
});

Deno.test("the parameter timeout shortens the time and never lengthens it", () => {
  const { time } = limited();
  const of = (query: string) => {
    const text = `https://host/api/v1/pods${query}`;
    return time.of(requestUrl(text), text);
  };
  assert.equal(of(""), 60_000);
  assert.equal(of("?timeout=32s"), 32_000);
  assert.equal(of("?timeout=2m"), 60_000);
  assert.equal(of("?timeout=0"), 60_000);
  assert.equal(of("?timeout="), 60_000);
  assert.throws(() => of("?timeout=30"), {
    code: 400,
    message:
      'invalid timeout specified in the request URL - time: missing unit in duration "30"',
  });
});

Deno.test("a request whose body does not end is answered with 504 and gives its seat back; a watch goes on", async () => {
  await withServer(async (api) => {
    const { server, token } = api;
    const maps = "/api/v1/namespaces/default/configmaps";
    const headers = {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
    };
    const client = Deno.createHttpClient({ caCerts: [server.caData] });
    try {
      const watch = await fetch(
        `${server.url}${maps}?watch=1&timeout=1ms&resourceVersion=1`,
        { client, headers },
      );
      const { readable, writable } = new TransformStream<Uint8Array>();
      const stuck = await fetch(`${server.url}${maps}?timeout=20ms`, {
        client,
        method: "POST",
        headers,
        body: readable,
      });
      assert.equal(stuck.status, 504);
      const { kind, reason, message } = await stuck.json();
      assert.deepEqual([kind, reason, message], [
        "Status",
        "Timeout",
        "Timeout: request did not complete within the allotted timeout",
      ]);
      await api.post(maps, configMap("after"));
      const reader = watch.body!.pipeThrough(new TextDecoderStream())
        .getReader();
      let seen = "";
      while (!seen.includes('"name":"after"')) {
        const { value, done } = await reader.read();
        assert.ok(!done, "the watch ended");
        seen += value;
      }
      await reader.cancel();
      // With the body still open.
      const { body } = await api.get("/metrics");
      // The one is this request, which asks for them.
      assert.match(body, /\napiserver_current_inflight_exempt 1\n/);
      await writable.abort();
    } finally {
      client.close();
    }
  });
});
