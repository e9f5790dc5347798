import assert from "node:assert/strict";
import { formatApiPath, kcpPath, kcpServer, parseApiPath } from "./path.ts";

Deno.test("a path is taken apart, and put together in another namespace", () => {
  for (
    const [path, namespace, plural, other] of [
      [
        "/api/v1/namespaces/a/secrets",
        "a",
        "secrets",
        "/api/v1/namespaces/b/secrets",
      ],
      [
        "/api/v1/namespaces/a/serviceaccounts/x/token",
        "a",
        "serviceaccounts",
        "/api/v1/namespaces/b/serviceaccounts/x/token",
      ],
      [
        "/apis/edge.faros.sh/v1alpha1/namespaces/a/agents/namespaces/status",
        "a",
        "agents",
        "/apis/edge.faros.sh/v1alpha1/namespaces/b/agents/namespaces/status",
      ],
      // In a group that has no Namespaces, such a path is namespaced.
      [
        "/apis/edge.faros.sh/v1alpha1/namespaces/a/status",
        "a",
        "status",
        "/apis/edge.faros.sh/v1alpha1/namespaces/b/status",
      ],
      ["/api/v1/namespaces/a", undefined, "namespaces", undefined],
      ["/api/v1/namespaces/a/status", undefined, "namespaces", undefined],
      ["/api/v1/namespaces/a/finalize", undefined, "namespaces", undefined],
      ["/api/v1/secrets", undefined, "secrets", undefined],
      ["/apis/apps/v1", undefined, undefined, undefined],
    ] as const
  ) {
    const parsed = parseApiPath(path)!;
    assert.equal(parsed.namespace, namespace, path);
    assert.equal(parsed.plural, plural, path);
    assert.equal(formatApiPath(parsed, namespace), path);
    if (other) assert.equal(formatApiPath(parsed, "b"), other);
  }
  assert.equal(parseApiPath("/version"), undefined);
  assert.equal(parseApiPath("/apis/apps"), undefined);
});

Deno.test("a namespace cannot name another path", () => {
  const parsed = parseApiPath("/api/v1/namespaces/..%2Fa/secrets/x")!;
  assert.equal(parsed.namespace, "../a");
  assert.equal(
    formatApiPath(parsed, parsed.namespace),
    "/api/v1/namespaces/..%2Fa/secrets/x",
  );
});

Deno.test("a kubeconfig's URL names a server and a workspace of it", () => {
  const url = "https://kcp:6443/clusters/root:faros";
  assert.equal(kcpServer(url), "https://kcp:6443");
  assert.equal(kcpPath(url), "root:faros");
  assert.equal(kcpServer("https://kcp:6443/"), "https://kcp:6443");
  assert.equal(kcpPath("https://kcp:6443/"), undefined);
});
