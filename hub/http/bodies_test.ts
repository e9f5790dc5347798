import assert from "node:assert/strict";
import { FakeClock } from "../../kube/clock.ts";
import { Bodies } from "./bodies.ts";
import { StatusError } from "./status_error.ts";

const KIB = 1024;

function bodies(clock = new FakeClock()) {
  return new Bodies({
    largest: 64 * KIB,
    perAddress: 96 * KIB,
    total: 160 * KIB,
    deadline: 1000,
    clock,
  });
}

function request(body: BodyInit, headers?: Record<string, string>): Request {
  return new Request("http://hub/", { method: "POST", body, headers });
}

/** A body that sends that much, and then nothing more until it is told to. */
function unfinished(size: number) {
  const end = Promise.withResolvers<void>();
  let sent = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent) {
        sent = true;
        return controller.enqueue(new Uint8Array(size));
      }
      await end.promise;
      controller.close();
    },
  });
  return { request: request(body), end: end.resolve };
}

const refused = (code: number, reading: Promise<unknown>) =>
  assert.rejects(
    reading,
    (error) => error instanceof StatusError && error.status === code,
  );

Deno.test("a body is read as it came, however small its parts are", async () => {
  const all = bodies();
  const parts = Array.from({ length: 20 * KIB }, (_, i) => i % 251);
  const stream = ReadableStream.from(parts.map((i) => Uint8Array.of(i)));
  using body = await all.read(request(stream), "a");
  assert.deepEqual(body.bytes, Uint8Array.from(parts));
  const empty = new Request("http://hub/", { method: "POST" });
  assert.equal((await all.read(empty, "a")).bytes.length, 0);
});

Deno.test("a body that is too large is refused, with its length and without", async () => {
  const all = bodies();
  const large = new Uint8Array(64 * KIB + 1);
  await refused(413, all.read(request(ReadableStream.from([large])), "a"));
  const declared = request("x", { "Content-Length": String(large.length) });
  await refused(413, all.read(declared, "a"));
  // What was refused holds nothing.
  using _body = await all.read(request(new Uint8Array(64 * KIB)), "a");
});

Deno.test("bodies that begin and do not end hold no more than they may, and not for long", async () => {
  const clock = new FakeClock();
  const all = bodies(clock);
  const stalled = unfinished(60 * KIB);
  const late = refused(408, all.read(stalled.request, "a"));
  await new Promise((resolve) => setTimeout(resolve));
  await refused(503, all.read(request(new Uint8Array(60 * KIB)), "a"));
  {
    using _other = await all.read(request(new Uint8Array(60 * KIB)), "b");
    await refused(503, all.read(request(new Uint8Array(60 * KIB)), "c"));
    using _small = await all.read(request("{}"), "c");
  }
  await clock.advance(1000);
  await late;
  const slow = unfinished(60 * KIB);
  const reading = all.read(slow.request, "a");
  await clock.advance(999);
  slow.end();
  using body = await reading;
  assert.equal(body.bytes.length, 60 * KIB);
});
