import assert from "node:assert/strict";
import { startRecordingServer } from "../testing/recording_server.ts";
import type { NotificationTarget } from "./notification.ts";
import { NotificationError, sendNotification } from "./send.ts";

const notification = {
  id: "1",
  time: "2026-01-01T00:00:00Z",
  repository: "fleet",
  type: "Warning",
  reason: "ApplyFailed",
  message: "<!channel> a.yaml:1: <https://evil.example|here> & there",
} as const;

const send = (
  type: NotificationTarget["type"],
  secret: Record<string, string> | undefined,
) =>
  sendNotification(notification, {
    target: { type, secretRef: { name: "chat" } },
    secret,
    now: () => 1_700_000_000_000,
    signal: new AbortController().signal,
  });

/** Why it is not sent. */
async function failure(...args: Parameters<typeof send>) {
  const error = await send(...args).then(() => undefined, (error) => error);
  assert.ok(error instanceof NotificationError, String(error));
  assert.match(error.message, /^Cannot notify the address of Secret chat: /);
  assert.doesNotMatch(error.message, /T0KEN/);
  return error;
}

Deno.test("Slack is sent text in which nothing links or calls anybody", async () => {
  await using server = startRecordingServer();
  await send("slack", { address: `${server.url}/T0KEN\n` });
  assert.deepEqual(JSON.parse(server.requests[0]!.body), {
    text:
      ":warning: *fleet* ApplyFailed: &lt;!channel&gt; a.yaml:1: &lt;https://evil.example|here&gt; &amp; there",
  });
  assert.equal(server.requests[0]!.headers.get("x-signature"), null);
});

Deno.test("what a receiver answers says whether to send again", async () => {
  await using server = startRecordingServer();
  const secret = { address: `${server.url}/T0KEN`, token: "k" };
  for (
    const [status, again] of [[500, true], [429, true], [404, false], [
      302,
      false,
    ]] as const
  ) {
    server.answer = () =>
      new Response("", {
        status,
        headers: { "Retry-After": "9", location: `${server.url}/other` },
      });
    const error = await failure("generic", secret);
    assert.equal(error.again, again, String(status));
    assert.equal(error.retryAfter, 9000);
  }
  assert.ok(server.requests.every(({ path }) => path === "/T0KEN"));
});

Deno.test("addresses that cannot be are told, and none is tried in the clear that is a secret", async () => {
  const closed = startRecordingServer();
  await closed[Symbol.asyncDispose]();
  const unreachable = await failure("slack", {
    address: `${closed.url}/T0KEN`,
  });
  assert.ok(unreachable.again);
  for (
    const [type, secret, said] of [
      ["slack", undefined, /no such Secret/],
      ["slack", {}, /no https:\/\/ URL/],
      ["slack", { address: "http://chat.example/T0KEN" }, /no https:\/\/ URL/],
      ["generic", { address: "ftp://x/T0KEN" }, /no https:\/\/ URL/],
      ["generic", { address: "https://u:T0KEN@x/" }, /credentials/],
    ] as const
  ) {
    assert.match((await failure(type, secret)).message, said);
  }
});
