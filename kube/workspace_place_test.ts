import assert from "node:assert/strict";
import { workspacePlace } from "./workspace_place.ts";

Deno.test("a workspace is a namespace of a server, or a server of its own", () => {
  for (
    const [url, server, namespace] of [
      ["https://h:6443/api/v1/namespaces/a", "https://h:6443", "a"],
      ["https://h/k8s/api/v1/namespaces/a/", "https://h/k8s", "a"],
      ["https://h/clusters/root:faros:a", "https://h/clusters/root:faros:a"],
      ["https://h/clusters/root:faros:a/", "https://h/clusters/root:faros:a"],
      [
        "https://h/clusters/root:a/api/v1/namespaces/b",
        "https://h/clusters/root:a",
        "b",
      ],
    ] as const
  ) {
    assert.deepEqual(
      workspacePlace(url),
      { server, namespace: namespace ?? "default" },
    );
  }
  assert.throws(() => workspacePlace("a"), TypeError);
});
