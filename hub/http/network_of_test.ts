import assert from "node:assert/strict";
import { networkOf } from "./network_of.ts";

Deno.test("networkOf() is an IPv4 address itself, and the /64 of IPv6", () => {
  const cases = {
    "10.0.0.1": "10.0.0.1",
    "::ffff:10.0.0.1": "10.0.0.1",
    "::FFFF:10.0.0.1": "10.0.0.1",
    "2001:db8:1:2:3:4:5:6": "2001:0db8:0001:0002::/64",
    "2001:db8:1:2::": "2001:0db8:0001:0002::/64",
    "2001:DB8:1:2:ffff::1": "2001:0db8:0001:0002::/64",
    "2001:db8:1:3::1": "2001:0db8:0001:0003::/64",
    "::1": "0000:0000:0000:0000::/64",
    "fe80::1%eth0": "fe80:0000:0000:0000::/64",
    "": "",
  };
  for (const [address, network] of Object.entries(cases)) {
    assert.equal(networkOf(address), network, address);
  }
});
