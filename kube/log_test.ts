import assert from "node:assert/strict";
import { createLogger } from "./log.ts";

function capture(format: "text" | "json") {
  const lines: string[] = [];
  const log = createLogger({
    format,
    now: () => Date.UTC(2026, 0, 2),
    write: (line) => lines.push(line),
  });
  return { lines, log };
}

Deno.test("logger writes one line of key-value pairs a message", () => {
  const { lines, log } = capture("text");
  log.debug("Not shown");
  log.with({ agent: "press-7" }).info("Applied a revision", {
    took: 12,
    note: 'said "hi"\nthere',
    gone: undefined,
  });
  assert.deepEqual(lines, [
    '2026-01-02T00:00:00.000Z INFO  Applied a revision agent=press-7 took=12 note="said \\"hi\\"\\nthere"',
  ]);
});

Deno.test("logger tells what an error is, and why", () => {
  const { lines, log } = capture("json");
  log.warn("Cannot sync", {
    error: new Error("Cannot fetch", { cause: new TypeError("no route") }),
  });
  assert.deepEqual(JSON.parse(lines[0]!), {
    time: "2026-01-02T00:00:00.000Z",
    level: "warn",
    msg: "Cannot sync",
    error: "Cannot fetch: TypeError: no route",
  });
});

Deno.test("logger never writes what looks like a credential", () => {
  const { lines, log } = capture("text");
  const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzM2NyZXQifQ.c2lnbmF0dXJl";
  log.error("All of it", {
    token: "s3cret",
    nested: { clientKey: "s3cret", list: [{ password: "s3cret" }] },
    header: "Authorization: Bearer s3cret-s3cret",
    error: new Error(`refused ${jwt}`),
    url: "https://git:s3cret@example.com/fleet.git",
    pem: "-----BEGIN EC PRIVATE KEY-----\ns3cret\n-----END EC PRIVATE KEY-----",
    secretRef: { name: "press-7-wireguard" },
  });
  assert(!lines[0]!.includes("s3cret"), lines[0]);
  assert(!lines[0]!.includes("eyJ"), lines[0]);
  // A reference is no secret, and is what one looks for.
  assert(lines[0]!.includes("press-7-wireguard"));
  assert(lines[0]!.includes("example.com/fleet.git"));
});

Deno.test("logger survives values that JSON cannot hold", () => {
  const { lines, log } = capture("json");
  const loop: Record<string, unknown> = { big: 1n };
  loop.self = loop;
  log.info("Odd", { loop });
  assert.deepEqual(JSON.parse(lines[0]!).loop, {
    big: "1",
    self: "[circular]",
  });
});
