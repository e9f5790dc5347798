import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { customResourceDefinition } from "./generate/crd.ts";
import { findKind, kinds } from "./kinds.ts";

/** The manifests of the first Faros's README, their placeholders filled in. */
const original = `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata:
  name: wireguard
spec:
  type: wireguard
  config:
    privateKey: "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
    listenPort: 51820
    peers:
      - publicKey: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
        allowedIPs: "10.0.0.2/32"
---
apiVersion: plugins.faros.sh/v1alpha1
kind: ContainerRuntime
metadata:
  name: docker-runtime
spec:
  type: docker
  config: |
    socket: /var/run/docker.sock
---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: foo1
spec:
  plugins:
   - name: wireguard
     config: "listenPort: 51821"
   - name: docker-runtime
     config: {}
---
apiVersion: edge.faros.sh/v1alpha1
kind: Registration
metadata:
  name: agent-remote
`;

Deno.test("the manifests of the first Faros's README are valid as written", () => {
  for (const document of parseAllDocuments(original)) {
    const object = document.toJS();
    const kind = findKind(object.apiVersion, object.kind);
    assert.ok(kind, `no kind ${object.apiVersion} ${object.kind}`);
    const result = kind.manifest.safeParse(object);
    assert.ok(result.success, result.error?.message);
  }
});

Deno.test("manifests with unknown fields are refused at every depth", () => {
  const agent = findKind("edge.faros.sh/v1alpha1", "Agent")!;
  const manifest = {
    apiVersion: agent.apiVersion,
    kind: agent.kind,
    metadata: { name: "a" },
    spec: { plugins: [{ name: "x", confg: {} }] },
  };
  const result = agent.manifest.safeParse(manifest);
  assert.deepEqual(result.error?.issues[0]?.path, ["spec", "plugins", 0]);
});

Deno.test("every kind has a structural schema: a type or preserved unknown fields everywhere", () => {
  // deno-lint-ignore no-explicit-any
  function check(schema: any, path: string) {
    assert.ok(
      schema.type || schema["x-kubernetes-preserve-unknown-fields"],
      `${path} has no type`,
    );
    for (const [name, value] of Object.entries(schema.properties ?? {})) {
      check(value, `${path}.${name}`);
    }
    if (schema.items) check(schema.items, `${path}[]`);
  }
  for (const kind of kinds) {
    // deno-lint-ignore no-explicit-any
    const spec = customResourceDefinition(kind).spec as any;
    check(spec.versions[0].schema.openAPIV3Schema, kind.kind);
  }
});

Deno.test("names that kubectl takes are unique among all kinds", () => {
  const names = kinds.flatMap((k) => [k.plural, k.singular, ...k.shortNames]);
  assert.equal(new Set(names).size, names.length);
});
