import assert from "node:assert/strict";
import type { Plugin, PluginVersion } from "../../api/plugin.ts";
import type { Workspace } from "../../api/workspace.ts";
import { Problem } from "./problem.ts";
import { providerOf } from "./provider_of.ts";

function plugin(name: string, ...versions: string[]): Plugin {
  return {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Plugin",
    metadata: { name },
    spec: {
      versions: versions.map((version): PluginVersion => ({
        version,
        form: "script",
        runs: "device",
        artifacts: [],
        provides: [{ kind: "Network", type: "wireguard" }],
      })),
    },
  };
}

function choose(
  catalogue: Plugin[],
  enabled: { name: string; version?: string; enabled?: boolean }[],
  version?: string,
): string {
  const workspace = {
    metadata: { name: "a" },
    spec: { plugins: enabled },
  } as Workspace;
  const found = providerOf({ kind: "Network", type: "wireguard" }, {
    workspace,
    plugin: (name) => catalogue.find((p) => p.metadata.name === name),
    catalogue: () => catalogue,
    version,
  });
  return `${found.plugin.metadata.name} ${found.version.version}`;
}

function reason(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem) return error.reason;
    throw error;
  }
  return "none";
}

const wg = plugin("wg", "1.9.0", "1.10.0", "2.0.0-rc.1");

Deno.test("providerOf() takes the entry's version, else the workspace's, else the newest release", () => {
  assert.equal(choose([wg], [{ name: "wg" }]), "wg 1.10.0");
  assert.equal(choose([wg], [{ name: "wg", version: "1.9.0" }]), "wg 1.9.0");
  const pinned = [{ name: "wg", version: "1.9.0" }];
  assert.equal(choose([wg], pinned, "2.0.0-rc.1"), "wg 2.0.0-rc.1");
  assert.equal(
    reason(() => choose([wg], [{ name: "wg" }], "3.0.0")),
    "VersionNotFound",
  );
});

Deno.test("providerOf() takes a pre-release only where there is no release", () => {
  const early = plugin("early", "0.1.0-a", "0.1.0-b");
  assert.equal(choose([early], [{ name: "early" }]), "early 0.1.0-b");
});

Deno.test("providerOf() chooses among enabled plugins only, and never by chance", () => {
  const other = plugin("other", "1.0.0");
  assert.equal(choose([wg, other], [{ name: "other" }]), "other 1.0.0");
  assert.equal(reason(() => choose([wg], [])), "ArtifactUnavailable");
  assert.throws(
    () => choose([wg], [{ name: "wg", enabled: false }]),
    /wg would, and its entry in the Workspace's spec\.plugins says enabled: false/,
  );
  assert.equal(
    reason(() => choose([], [{ name: "gone" }])),
    "ArtifactUnavailable",
  );
  assert.equal(
    reason(() => choose([wg, other], [{ name: "wg" }, { name: "other" }])),
    "AmbiguousPlugin",
  );
});
