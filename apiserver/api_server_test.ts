import assert from "node:assert/strict";
import { startApiServer } from "./mod.ts";
import { withServer, withWidgets } from "./test_client.ts";
import type { JsonObject } from "./types.ts";

Deno.test("startApiServer() leaves nothing open where its port is taken", async () => {
  const dataDir = await Deno.makeTempDir();
  try {
    await using other = await startApiServer();
    await assert.rejects(startApiServer({ dataDir, port: other.port }), /port/);
    await using server = await startApiServer({ dataDir });
    assert.notEqual(server.port, other.port);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("paths of the server are answered with a slash at the end, too, as generated clients ask for them", async () => {
  await withServer(async (api) => {
    for (
      const path of [
        "/version",
        "/api",
        "/apis",
        "/apis/apiextensions.k8s.io",
        "/.well-known/openid-configuration",
        "/openid/v1/jwks",
      ]
    ) {
      const plain = await api.get(path);
      assert.equal(plain.code, 200, path);
      for (const slashes of ["/", "//"]) {
        const { body } = await api.get(path + slashes);
        assert.deepEqual(body, plain.body, path + slashes);
      }
    }
    for (
      const path of ["/livez", "/readyz/shutdown", "/metrics", "/openapi/v3"]
    ) {
      assert.equal((await api.get(path)).code, 200, path);
      assert.equal((await api.get(`${path}/`)).code, 404, `${path}/`);
    }
    assert.equal((await api.get("/api//v1")).code, 404);
    const keys = await api.get("/openid/v1/jwks");
    assert.equal(keys.headers.get("content-type"), "application/jwk-set+json");
  });
});

Deno.test("the release of Kubernetes is one and the same wherever it is said", async () => {
  await withServer(async (api) => {
    const { body: version } = await api.get("/version");
    assert.match(version.gitVersion, /^v1\.37\.[0-9]+$/);
    for (const path of ["/openapi/v2", "/openapi/v3/api/v1"]) {
      const { body: { info } } = await api.get(path);
      assert.equal(info.version, `${version.major}.${version.minor}`, path);
    }
  });
});

Deno.test("aggregated discovery names group and version of a built-in kind only where they differ", async () => {
  await withWidgets(async (api) => {
    const find = async (root: string, resource: string) => {
      const { body } = await api.get(root, {
        accept:
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
      });
      return body.items.flatMap((group: JsonObject) => group.versions)
        .flatMap((version: JsonObject) => version.resources)
        .find((found: JsonObject) => found.resource === resource);
    };
    const accounts = await find("/api", "serviceaccounts");
    assert.deepEqual(
      [accounts.responseKind, accounts.subresources[0].responseKind],
      [
        { group: "", version: "", kind: "ServiceAccount" },
        { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
      ],
    );
    const { responseKind, subresources } = await find("/apis", "widgets");
    const own = { group: "example.com", version: "v1", kind: "Widget" };
    assert.deepEqual(
      [responseKind, subresources[0].responseKind],
      [own, own],
    );
    assert.equal(subresources[1].responseKind.group, "autoscaling");
  });
});
