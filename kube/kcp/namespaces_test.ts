import assert from "node:assert/strict";
import { toHub, toTenant } from "./namespaces.ts";

const binding = (namespace: string) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name: "b", namespace },
  subjects: [
    { kind: "ServiceAccount", name: "s", namespace },
    { kind: "ServiceAccount", name: "s", namespace: "elsewhere" },
    { kind: "User", name: "u" },
  ],
});

const event = (namespace: string) => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: "e", namespace },
  involvedObject: { kind: "Agent", name: "a", namespace },
});

Deno.test("what names its object's namespace goes to a workspace and comes back as it was", () => {
  for (
    const [plural, object] of [
      ["rolebindings", binding],
      ["events", event],
    ] as const
  ) {
    const of = { workspace: "site-a", plural };
    assert.deepEqual(toTenant(object("site-a"), of), object("default"));
    assert.deepEqual(toHub(object("default"), of), object("site-a"));
  }
});

Deno.test("fields of the same name in other kinds stay as they are", () => {
  const object = {
    ...binding("site-a"),
    involvedObject: { namespace: "site-a" },
  };
  const { metadata, ...rest } = toTenant(object, {
    workspace: "site-a",
    plural: "agents",
  });
  assert.equal(metadata.namespace, "default");
  const { metadata: _, ...before } = object;
  assert.deepEqual(rest, before);
});

Deno.test("a patch that is a list of operations stays as it is", () => {
  const patch = [{ op: "remove", path: "/metadata/namespace" }];
  const of = { workspace: "site-a", plural: "agents" };
  assert.equal(toTenant(patch, of), patch);
});

Deno.test("a ServiceAccount of namespace default is refused, since it would become one of the workspace's", () => {
  const object = binding("site-a");
  object.subjects[1]!.namespace = "default";
  assert.throws(
    () => toTenant(object, { workspace: "site-a", plural: "rolebindings" }),
    /namespace default of a subject is not that of workspace site-a/,
  );
});
