import assert from "node:assert/strict";
import type { Agent } from "../../api/agent.ts";
import type { Plugin } from "../../api/plugin.ts";
import type { Workspace } from "../../api/workspace.ts";
import { ClaimType } from "../../api/protocol/claims.ts";
import { HubKeys } from "../keys/hub_keys.ts";
import { createKeyRing } from "../keys/key_ring.ts";
import { Problem } from "./problem.ts";
import { HUB_PUBLISHER, resolve } from "./resolve.ts";

const keys = new HubKeys(await createKeyRing(0));

async function plugin(name: string): Promise<Plugin> {
  const claim = { plugin: name, version: "1.0.0", digest: "sha256:00" };
  const signature = await keys.sign(claim, ClaimType.artifact);
  return {
    metadata: { name },
    spec: {
      versions: [{
        version: "1.0.0",
        provides: [{ kind: "Monitoring", type: name }],
        artifacts: [{ url: "/code", digest: claim.digest, signature }],
      }],
    },
  } as Plugin;
}

Deno.test("resolve() comes back from an Agent with thousands of entries, where thousands of plugins are enabled", async () => {
  // Looking at each plugin for each entry, or compiling a schema for each, would take minutes.
  const catalogue = new Map<string, Plugin>();
  const first = await plugin("p-0");
  for (let i = 0; i < 8000; i++) {
    const name = `p-${i}`;
    catalogue.set(name, i === 0 ? first : { ...first, metadata: { name } });
  }
  catalogue.forEach((one, name) => {
    if (one === first) return;
    const [version] = first.spec.versions;
    const provides = [{ kind: "Monitoring", type: name }];
    one.spec = { versions: [{ ...version!, provides }] };
  });
  const names = Array.from({ length: 10_000 }, (_, i) => `m-${i}`);
  const inputs = (entries: string[]) => ({
    agent: {
      metadata: { name: "press-1", namespace: "plant", uid: "1" },
      spec: { plugins: entries.map((name) => ({ name })) },
    } as Agent,
    workspace: {
      metadata: { name: "plant" },
      spec: { plugins: [...catalogue.keys()].map((name) => ({ name })) },
    } as Workspace,
    objects: names.map((name) => ({
      apiVersion: "plugins.faros.sh/v1alpha1",
      kind: "Monitoring",
      metadata: { name, namespace: "plant" },
      spec: { type: "p-0" },
    })),
    plugin: (name: string) => catalogue.get(name),
    catalogue: () => [...catalogue.values()],
    hub: keys.keys().map(({ key }) => ({ name: HUB_PUBLISHER, key })),
    secrets: { get: () => undefined, hmac: () => Promise.resolve("") },
  });
  const { spec, used } = await resolve(inputs(names));
  assert.deepEqual(spec.plugins.map((p) => p.name), names);
  assert.ok(spec.plugins.every((p) => p.plugin === "p-0"));
  assert.equal(used.length, names.length + 3);
  await assert.rejects(
    resolve(inputs([...names, "m-7"])),
    (error) =>
      error instanceof Problem && error.reason === "DuplicatePlugin" &&
      error.message.startsWith("spec.plugins[10000] names Monitoring m-7 "),
  );
});
