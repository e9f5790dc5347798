import assert from "node:assert/strict";
import type { Permissions } from "../../api/plugin_entry.ts";
import { mergePermissions, missingPermissions } from "./permissions.ts";

/** Rights on ConfigMaps. */
const maps = (
  verbs: ("get" | "list" | "watch")[],
  resourceNames?: string[],
): Permissions => ({
  kubernetes: [{
    apiGroup: "",
    resources: ["configmaps"],
    verbs,
    ...(resourceNames ? { resourceNames } : {}),
  }],
});

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
  [
    "one object of all",
    maps(["get"], ["a"]),
    maps(["get", "watch"]),
    undefined,
  ],
  ["all objects of one", maps(["get"]), maps(["get"], ["a"]), maps(["get"])],
  ["a verb that lacks", maps(["get", "watch"]), maps(["get"]), maps(["watch"])],
  [
    "an object that lacks",
    maps(["get", "watch"], ["a", "b"]),
    maps(["get", "watch"], ["b"]),
    maps(["get", "watch"], ["a"]),
  ],
  [
    "rights that several grants give together",
    maps(["get", "watch"], ["a", "b"]),
    {
      kubernetes: [
        ...maps(["get", "watch"], ["a"]).kubernetes!,
        ...maps(["get"]).kubernetes!,
        ...maps(["list", "watch"], ["b"]).kubernetes!,
      ],
    },
    undefined,
  ],
  [
    "a resource that lacks, and another group's of that name",
    {
      kubernetes: [{
        apiGroup: "apps",
        resources: ["configmaps", "deployments"],
        verbs: ["get"],
      }],
    },
    {
      kubernetes: [
        ...maps(["get"]).kubernetes!,
        { apiGroup: "apps", resources: ["deployments"], verbs: ["get"] },
      ],
    },
    {
      kubernetes: [{
        apiGroup: "apps",
        resources: ["configmaps"],
        verbs: ["get"],
      }],
    },
  ],
];

Deno.test("mergePermissions() of what lacks is enough", () => {
  const needed: Permissions = {
    net: ["example.org"],
    ...maps(["get", "watch"]),
  };
  const granted: Permissions = { sys: ["hostname"], ...maps(["get"], ["a"]) };
  const missing = missingPermissions(needed, granted);
  const merged = mergePermissions(granted, missing);
  assert.equal(missingPermissions(needed, merged), undefined);
  assert.equal(missingPermissions(granted, merged), undefined);
});

for (const [name, needed, granted, missing] of cases) {
  Deno.test(`missingPermissions(): ${name}`, () => {
    assert.deepEqual(missingPermissions(needed, granted), missing);
  });
}
