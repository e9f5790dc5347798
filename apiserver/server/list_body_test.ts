import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { FakeClock } from "./fake_clock.ts";
import { listBody, listBytes } from "./list_body.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const list = (sizes: number[]) => ({
  apiVersion: "v1",
  kind: "TextList",
  metadata: { resourceVersion: "7" },
  items: sizes.map((size, i) =>
    encode(JSON.stringify(`${i}-${"ü".repeat(size)}`))
  ),
});

Deno.test("a list is the same JSON in one piece and in many", async () => {
  for (
    const sizes of [
      [],
      [3],
      [3, 0, 5],
      Array.from({ length: 500 }, (_, i) => i),
      [300_000, 1, 200_000],
      // Chunks that end right before, in and after a comma.
      ...[0, 1, 2, 3].map((more) => [49_090 + more, ...Array(40).fill(49_150)]),
    ]
  ) {
    const encoded = list(sizes);
    const whole = new TextDecoder().decode(listBytes(encoded));
    assert.equal(await new Response(listBody(encoded)).text(), whole);
    const { items, ...rest } = JSON.parse(whole);
    assert.deepEqual(rest, {
      kind: "TextList",
      apiVersion: "v1",
      metadata: { resourceVersion: "7" },
    });
    assert.deepEqual(
      items,
      encoded.items.map((item) => JSON.parse(new TextDecoder().decode(item))),
    );
  }
});

Deno.test("a long list is read only as it is taken, and arrives whole over HTTP whatever its reader's pace", async () => {
  const encoded = list(Array(3000).fill(1000));
  assert.ok(listBody(encoded) instanceof ReadableStream);
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(listBody(encoded, { release: true })),
  );
  const whole = new TextDecoder().decode(listBytes(encoded));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const read = async (pause: number) => {
    const { body } = await fetch(url);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body!) {
      chunks.push(chunk);
      for (let turn = 0; turn < pause; turn++) await new Promise(setImmediate);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  };
  const texts = await Promise.all([0, 0, 1, 5, 20].map(read));
  for (const text of texts) assert.ok(text === whole);
});

Deno.test("a client that takes nothing of a list for two minutes is given up, and one that is slow is not", async () => {
  const clock = new FakeClock();
  const encoded = list(Array(300).fill(1000));
  const stream = () => listBody(encoded, { clock }) as ReadableStream;
  const slow = stream().getReader();
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await slow.read();
    if (done) break;
    parts.push(value);
    clock.pass(119_000);
  }
  assert.ok(parts.length > 3);
  assert.deepEqual(Buffer.concat(parts), Buffer.from(listBytes(encoded)));

  for (const read of [0, 2]) {
    const stopped = stream().getReader();
    for (let i = 0; i < read; i++) await stopped.read();
    clock.pass(121_000);
    await assert.rejects(
      stopped.read(),
      (error) => error === "the client of a list took nothing",
    );
  }
  const left = stream();
  await left.cancel();
  assert.equal(clock.timers, 0);
});
