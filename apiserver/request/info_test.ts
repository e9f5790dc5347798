import assert from "node:assert/strict";
import { configMap, withServer } from "../test_client.ts";
import { requestInfo } from "./info.ts";
import { requestUrl } from "./url.ts";

function read(path: string) {
  const info = requestInfo("GET", requestUrl(`https://x${path}`));
  const { verb, namespace, resource, name } = info;
  return { verb, namespace, resource, name };
}

Deno.test("requestInfo: an empty namespace is that of all, and slashes at the ends are none", () => {
  const all = { verb: "list", namespace: "", resource: "pods", name: "" };
  assert.deepEqual(read("/api/v1/pods"), all);
  assert.deepEqual(read("/api/v1/namespaces//pods"), all);
  assert.deepEqual(read("//api/v1/pods/"), all);
  assert.equal(read("/api/v1/namespaces/a//pods").resource, "");
  assert.equal(read("/api/v1//pods").resource, "");
});

Deno.test("a client that was given no namespace lists all of them", async () => {
  await withServer(async (api) => {
    const maps = (namespace: string) =>
      `/api/v1/namespaces/${namespace}/configmaps`;
    await api.post(maps("default"), configMap("a"));
    const { code, body } = await api.get(
      `${maps("")}?fieldSelector=metadata.name=a`,
    );
    assert.equal(code, 200);
    assert.equal(body.items.length, 1);
    assert.equal((await api.post(maps(""), configMap("b"))).code, 405);
    assert.equal((await api.get("/api/v1//configmaps")).code, 404);
  });
});
