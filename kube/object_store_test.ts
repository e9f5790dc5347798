import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { ObjectStore } from "./object_store.ts";

Deno.test("ObjectStore hands on whole objects, and holds what it is to keep of them", () => {
  const at = (resourceVersion: string) =>
    ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", uid: "1", resourceVersion },
      data: { large: "x" },
    }) as KubeObject;
  const store = new ObjectStore<KubeObject>((object) => ({
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: object.metadata,
  }));
  assert.deepEqual(store.put(at("1")), { type: "added", object: at("1") });
  assert.equal("data" in store.get(undefined, "a")!, false);
  assert.equal(store.put(at("1")), undefined);
  const updated = store.put(at("2"))!;
  assert.deepEqual(updated.object, at("2"));
  assert.equal(updated.old?.metadata.resourceVersion, "1");
  assert.deepEqual(store.replace([]).map((event) => event.type), ["deleted"]);
});
