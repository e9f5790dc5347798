import assert from "node:assert/strict";
import { pluginObjectKinds } from "../api/kinds.ts";
import { PluginVersion } from "../api/plugin.ts";
import { builtinPlugins } from "./mod.ts";

Deno.test("every built-in is small, says what it serves, and fits the catalogue", async () => {
  const bundles = await builtinPlugins();
  assert.ok(bundles.length > 0);
  for (const { name, description, code, ...version } of bundles) {
    assert.ok(name && description);
    assert.ok(code.length < 64 * 1024, `${name} is ${code.length} bytes`);
    PluginVersion.parse({
      ...version,
      artifacts: [{
        url: "/x",
        digest: `sha256:${"0".repeat(64)}`,
        signature: "s",
      }],
    });
    for (const { kind } of version.provides) {
      assert.ok(pluginObjectKinds.some((k) => k.kind === kind), kind);
    }
  }
});
