import assert from "node:assert/strict";
import type { JsonObject, KubeObject, ResourceDefinition } from "../types.ts";
import { configMap, testCluster, until } from "./testing.ts";

const MAPS = { group: "", resource: "configmaps" };

function definition(
  kind: string,
  options: Partial<ResourceDefinition> = {},
): ResourceDefinition {
  const singular = kind.toLowerCase();
  return {
    group: "example.com",
    version: "v1",
    resource: `${singular}s`,
    singular,
    kind,
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    storageVersion: "v1",
    verbs: ["create", "delete", "get", "list", "update", "watch"],
    subresources: {},
    custom: true,
    generation: true,
    ...options,
  };
}

function reference(owner: KubeObject, more: JsonObject = {}): JsonObject {
  const { apiVersion, kind, metadata: { name, uid } } = owner;
  return { apiVersion, kind, name, uid, ...more };
}

async function withCustomKinds() {
  const cluster = await testCluster({
    definitions: [
      definition("Device"),
      definition("Site", { namespaced: false }),
    ],
  });
  await cluster.startControllers();
  const { client } = cluster;
  const make = (
    kind: "Device" | "Site",
    name: string,
    ownerReferences: JsonObject[] = [],
  ) =>
    client.create({
      group: "example.com",
      resource: `${kind.toLowerCase()}s`,
      ...(kind === "Device" ? { namespace: "default" } : {}),
    }, {
      apiVersion: "example.com/v1",
      kind,
      metadata: { name, ownerReferences },
    });
  const find = (resource: string, name: string) =>
    client.reader.get({
      group: resource === "configmaps" ? "" : "example.com",
      resource,
      ...(resource === "sites" ? {} : { namespace: "default" }),
      name,
    });
  const makeMap = (name: string, ownerReferences: JsonObject[]) =>
    client.create(
      { ...MAPS, namespace: "default" },
      configMap("default", name, { ownerReferences }),
    );
  return { cluster, client, make, makeMap, find };
}

Deno.test("custom resources own built-in ones, also from outside the namespace", async () => {
  const { cluster, client, make, makeMap, find } = await withCustomKinds();
  await using _ = cluster;
  const device = await make("Device", "d");
  const site = await make("Site", "s");
  await makeMap("of-device", [reference(device)]);
  await makeMap("of-site", [reference(site)]);
  await client.delete({
    group: "example.com",
    resource: "devices",
    namespace: "default",
    name: "d",
  });
  await until(
    "the end of the device's",
    () => !find("configmaps", "of-device"),
  );
  assert(find("configmaps", "of-site"));
  await client.delete({ group: "example.com", resource: "sites", name: "s" });
  await until("the end of the site's", () => !find("configmaps", "of-site"));
});

Deno.test("an owner known under a version that is no longer served still counts", async () => {
  const { cluster, make, makeMap, find } = await withCustomKinds();
  await using _ = cluster;
  const device = await make("Device", "d");
  await makeMap("old", [reference(device, { apiVersion: "example.com/v0" })]);
  await makeMap("lost", [reference(device, { uid: "other" })]);
  await until("the collection of the other", () => !find("configmaps", "lost"));
  assert(find("configmaps", "old"));
});

Deno.test("nothing in a namespace owns what is outside", async () => {
  const { cluster, client, make, makeMap, find } = await withCustomKinds();
  await using _ = cluster;
  const device = await make("Device", "d");
  await make("Site", "s", [reference(device)]);
  await makeMap("child", [reference(device)]);
  await client.delete({
    group: "example.com",
    resource: "devices",
    namespace: "default",
    name: "d",
  });
  await until("the collection", () => !find("configmaps", "child"));
  assert(find("sites", "s"));
});

Deno.test("two that own each other go in foreground deletion", async () => {
  const { cluster, client, makeMap, find } = await withCustomKinds();
  await using _ = cluster;
  const a = await makeMap("a", []);
  const b = await makeMap("b", [reference(a, { blockOwnerDeletion: true })]);
  const key = { ...MAPS, namespace: "default", name: "a" };
  const next = structuredClone(client.reader.get(key)!);
  next.metadata.ownerReferences = [
    reference(b, { blockOwnerDeletion: true }) as never,
  ];
  await client.update(key, next);
  await client.delete(key, { propagationPolicy: "Foreground" });
  await until(
    "the end of both",
    () => !find("configmaps", "a") && !find("configmaps", "b"),
  );
});

/** Numbers in [0, 1) that repeat for a seed (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

Deno.test("after random deletions exactly what has no living owner is gone", async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = seeded(seed);
    const cluster = await testCluster();
    await using _ = cluster;
    await cluster.startControllers();
    const { client } = cluster;
    const made: KubeObject[] = [];
    const owners = new Map<string, string[]>();
    for (let i = 0; i < 40; i++) {
      const of = made.filter(() => random() < 1.2 / (made.length + 1));
      const name = `m${i}`;
      made.push(
        await client.create(
          { ...MAPS, namespace: "default" },
          configMap("default", name, {
            ownerReferences: of.map((o) =>
              reference(o, { blockOwnerDeletion: random() < 0.5 })
            ),
          }),
        ),
      );
      owners.set(name, of.map(({ metadata }) => metadata.name));
    }
    const alive = new Set(owners.keys());
    const deletions: Promise<void>[] = [];
    for (const name of owners.keys()) {
      if (random() > 0.25) continue;
      alive.delete(name);
      const propagationPolicy = random() < 0.5 ? "Foreground" : "Background";
      deletions.push(
        client.delete({ ...MAPS, namespace: "default", name }, {
          propagationPolicy,
        }).catch((error) => {
          // The collector may have been there first.
          if (error.code !== 404) throw error;
        }),
      );
    }
    await Promise.all(deletions);
    // Owners come before what they own.
    for (const [name, of] of owners) {
      if (of.length > 0 && !of.some((o) => alive.has(o))) alive.delete(name);
    }
    const expected = [...alive].sort().join();
    const present = () =>
      client.reader.list({ ...MAPS, namespace: "default" })
        .map(({ metadata }) => metadata.name)
        .filter((name) => owners.has(name)).sort().join();
    await until(`seed ${seed}: ${expected}`, () => present() === expected);
  }
});
