import assert from "node:assert/strict";
import { withServer } from "../test_client.ts";
import { FakeClock } from "./fake_clock.ts";
import { takeRest } from "./take_rest.ts";

/** A request whose body comes in `parts`, and how many of them were taken. */
function sending(parts: number, { ends = true, size = 10 } = {}) {
  let taken = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken < parts) {
        taken++;
        controller.enqueue(new Uint8Array(size));
      } else if (ends) controller.close();
      else return new Promise(() => {});
    },
    cancel: () => {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  const url = "https://x/api/v1/namespaces/default/configmaps";
  const request = new Request(url, { method: "POST", body });
  return {
    request,
    get taken() {
      return taken;
    },
    get cancelled() {
      return cancelled;
    },
  };
}

Deno.test("a request that is refused before its body is read has been read when it is answered", async () => {
  await withServer(async ({ server }) => {
    const sent = sending(3);
    const { status } = await server.fetch(sent.request);
    assert.equal(status, 403);
    assert.equal(sent.taken, 3);
  });
});

Deno.test("takeRest: neither much nor long is read of what nobody wants", async () => {
  const long = sending(100, { size: 100_000 });
  await takeRest(long.request);
  assert.equal(long.taken, 3);
  assert.ok(long.cancelled);

  const clock = new FakeClock();
  const slow = sending(1, { ends: false });
  const done = takeRest(slow.request, clock);
  clock.pass(1000);
  await done;
  assert.ok(slow.cancelled);
  assert.equal(clock.timers, 0);
});

Deno.test("takeRest: what is read already, or by somebody, is left alone", async () => {
  await takeRest(new Request("https://x/"));
  const read = sending(1);
  await read.request.bytes();
  await takeRest(read.request);
  const other = sending(1);
  const reader = other.request.body!.getReader();
  await takeRest(other.request);
  assert.equal((await reader.read()).value?.length, 10);
});
