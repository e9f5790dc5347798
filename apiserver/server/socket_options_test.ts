import assert from "node:assert/strict";
import { setSocketOptions } from "./socket_options.ts";

Deno.test({
  name:
    "setSocketOptions() finds the listener of a port, whose connections are asked whether they are still there",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    assert.equal(setSocketOptions(port), true);
    const [client, accepted] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port }),
      listener.accept(),
    ]);
    // proc(5): address, other address, state, queues, kind of timer (2: keepalive) and when it runs.
    const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const ESTABLISHED = "01";
    const timers = Deno.readTextFileSync("/proc/net/tcp").split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter((f) => f[1]?.endsWith(local) && f[3] === ESTABLISHED)
      .map((fields) => fields[5]!.slice(0, 2));
    assert.deepEqual(timers, ["02"]);
    client.close();
    accepted.close();
    listener.close();
    assert.equal(setSocketOptions(port), false);
  },
});
