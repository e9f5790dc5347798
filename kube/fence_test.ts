import assert from "node:assert/strict";
import { checkFence, Fenced, runFenced } from "./fence.ts";
import { createRestClient } from "./rest_client.ts";

Deno.test("what a leader has begun writes no more once it may not, and still reads", async () => {
  let may = true;
  const seen: string[] = [];
  using rest = createRestClient({ server: "http://a.test" }, {
    fetch: (_, init) => {
      seen.push(init!.method!);
      return Promise.resolve(Response.json({}));
    },
  });
  const send = (method: "GET" | "PATCH") =>
    rest.performRequest({ method, path: "/api" });
  const goOn = Promise.withResolvers<void>();
  const work = runFenced(() => may, async () => {
    await send("PATCH");
    // As deep as callbacks and timers go.
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    await goOn.promise;
    await send("GET");
    await assert.rejects(send("PATCH"), Fenced);
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  may = false;
  goOn.resolve();
  await work;
  // What is not the leader's is nobody's to refuse.
  await send("PATCH");
  assert.deepEqual(seen, ["PATCH", "GET", "PATCH"]);
});

Deno.test("work that is fenced by nobody may write", () => {
  checkFence("write");
  runFenced(() => true, () => checkFence("write"));
  assert.throws(
    () => runFenced(() => false, () => checkFence("PATCH /api/v1/secrets/a")),
    {
      message:
        "Cannot PATCH /api/v1/secrets/a: this process was the leader, and its Lease has ended",
    },
  );
});
