import assert from "node:assert/strict";
import { setNoDelay } from "./no_delay.ts";

Deno.test({
  name:
    "setNoDelay() finds the listener of a port, and says where there is none",
  ignore: Deno.build.os !== "linux",
  fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    assert.equal(setNoDelay(port), true);
    listener.close();
    assert.equal(setNoDelay(port), false);
  },
});
