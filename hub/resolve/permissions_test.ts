import assert from "node:assert/strict";
import type { Permissions } from "../../api/plugin_entry.ts";
import { missingPermissions } from "./permissions.ts";

const cases: [string, Permissions, Permissions, Permissions | undefined][] = [
  ["nothing is needed", {}, {}, undefined],
  ["the same", { run: ["wg"] }, { run: ["wg"] }, undefined],
  ["a folder and what is in it", { read: ["/sys/class/x"] }, {
    read: ["/sys"],
  }, undefined],
  ["a folder and its neighbour", { read: ["/system"] }, { read: ["/sys"] }, {
    read: ["/system"],
  }],
  ["a way out of a folder", { read: ["/sys/../etc"] }, { read: ["/sys"] }, {
    read: ["/sys/../etc"],
  }],
  ["reading is not writing", { write: ["/sys"] }, { read: ["/sys"] }, {
    write: ["/sys"],
  }],
  ["a host and its port", { net: ["127.0.0.1:9100"] }, {
    net: ["127.0.0.1"],
  }, undefined],
  ["a port and its host", { net: ["127.0.0.1"] }, {
    net: ["127.0.0.1:9100"],
  }, { net: ["127.0.0.1"] }],
  ["another port", { net: ["[::1]:2"] }, { net: ["[::1]:1"] }, {
    net: ["[::1]:2"],
  }],
  ["variables by their beginning", { env: ["WG_KEY"] }, {
    env: ["WG_*"],
  }, undefined],
  ["only what lacks is told", { sys: ["hostname", "loadavg"] }, {
    sys: ["hostname"],
  }, { sys: ["loadavg"] }],
];

for (const [name, needed, granted, missing] of cases) {
  Deno.test(`missingPermissions(): ${name}`, () => {
    assert.deepEqual(missingPermissions(needed, granted), missing);
  });
}
