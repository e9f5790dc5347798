import assert from "node:assert/strict";
import { compareVersions } from "./groups.ts";

Deno.test("compareVersions: stable, beta, alpha, newer first, then the rest by name", () => {
  assert.deepEqual(
    ["foo10", "v1alpha1", "v11", "v3beta1", "foo1", "v2", "v10beta3", "v1"]
      .sort(compareVersions),
    ["v11", "v2", "v1", "v10beta3", "v3beta1", "v1alpha1", "foo1", "foo10"],
  );
});
