import assert from "node:assert/strict";
import type { JsonObject, KubeObject } from "../types.ts";
import { configMap, testCluster, until } from "./testing.ts";

const NAMESPACES = { group: "", resource: "namespaces" };
const MAPS = { group: "", resource: "configmaps" };
const SECRETS = { group: "", resource: "secrets" };
const RBAC = "rbac.authorization.k8s.io";

const namespace = (name: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name },
});

function owner(
  object: KubeObject,
  more: JsonObject = {},
): JsonObject {
  return {
    ownerReferences: [{
      apiVersion: "v1",
      kind: object.kind,
      name: object.metadata.name,
      uid: object.metadata.uid,
      ...more,
    }],
  };
}

async function running() {
  const cluster = await testCluster();
  await cluster.startControllers();
  const { client } = cluster;
  const map = (name: string, ns = "default") =>
    client.reader.get({ ...MAPS, namespace: ns, name });
  const create = (name: string, metadata: JsonObject = {}, ns = "default") =>
    client.create({ ...MAPS, namespace: ns }, configMap(ns, name, metadata));
  const remove = (
    name: string,
    propagationPolicy?: "Foreground" | "Background" | "Orphan",
  ) =>
    client.delete(
      { ...MAPS, namespace: "default", name },
      propagationPolicy ? { propagationPolicy } : {},
    );
  const release = async (name: string) => {
    const next = structuredClone(map(name)!);
    next.metadata.finalizers = next.metadata.finalizers!.filter((f) =>
      f !== "example.com/hold"
    );
    await client.update({ ...MAPS, namespace: "default", name }, next);
  };
  return { cluster, client, map, create, remove, release };
}

Deno.test("a new cluster has its namespaces, policy, accounts and CA", async () => {
  const { cluster, client } = await running();
  await using _ = cluster;
  for (const name of ["default", "kube-system", "kube-public"]) {
    const found = client.reader.get({ ...NAMESPACES, name });
    assert.equal(found?.status.phase, "Active");
  }
  await until("the default ServiceAccount", () =>
    client.reader.get({
      group: "",
      resource: "serviceaccounts",
      namespace: "default",
      name: "default",
    }));
  const ca = await until("the CA", () =>
    client.reader.get({
      ...MAPS,
      namespace: "default",
      name: "kube-root-ca.crt",
    }));
  assert.equal(ca.data["ca.crt"], "CA PEM");
  const edit = await until("the aggregated role", () => {
    const role = client.reader.get({
      group: RBAC,
      resource: "clusterroles",
      name: "admin",
    });
    return role?.rules?.some((rule: { resources: string[] }) =>
      rule.resources.includes("rolebindings")
    ) && role;
  });
  assert(edit.rules.length > 10);
});

Deno.test("default account and CA come back when deleted", async () => {
  const { cluster, client, map } = await running();
  await using _ = cluster;
  const key = { ...MAPS, namespace: "default", name: "kube-root-ca.crt" };
  const first = await until("the CA", () => map("kube-root-ca.crt"));
  await client.delete(key);
  await until("a new one", () => {
    const uid = map("kube-root-ca.crt")?.metadata.uid;
    return uid && uid !== first.metadata.uid;
  });
  const changed = structuredClone(map("kube-root-ca.crt")!);
  changed.data = { "ca.crt": "other" };
  await client.update(key, changed);
  await until("the right CA", () => map(key.name)?.data["ca.crt"] === "CA PEM");
});

Deno.test("a role added to an aggregation shows in it, and goes with its label", async () => {
  const { cluster, client } = await running();
  await using _ = cluster;
  const key = { group: RBAC, resource: "clusterroles" };
  const view = () => client.reader.get({ ...key, name: "view" })!;
  const rule = { verbs: ["get"], apiGroups: ["x"], resources: ["things"] };
  await client.create(key, {
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRole",
    metadata: {
      name: "more",
      labels: { "rbac.authorization.k8s.io/aggregate-to-view": "true" },
    },
    rules: [rule],
  });
  const has = () =>
    view().rules?.some((r: { apiGroups: string[] }) =>
      r.apiGroups.includes("x")
    );
  await until("the rule in view", has);
  await client.delete({ ...key, name: "more" });
  await until("no rule in view", () => !has());
});

Deno.test("a deleted namespace is emptied, then goes", async () => {
  const { cluster, client, map, create } = await running();
  await using _ = cluster;
  await client.create(NAMESPACES, namespace("a"));
  await create("one", {}, "a");
  await create("two", {}, "a");
  await client.delete({ ...NAMESPACES, name: "a" });
  await until(
    "the end",
    () => !client.reader.get({ ...NAMESPACES, name: "a" }),
  );
  assert.equal(map("one", "a"), undefined);
  assert.deepEqual(client.reader.list({ ...MAPS, namespace: "a" }), []);
});

Deno.test("a namespace waits for finalizers in it and says so", async () => {
  const { cluster, client, map, create } = await running();
  await using _ = cluster;
  await client.create(NAMESPACES, namespace("a"));
  await create("held", { finalizers: ["example.com/hold"] }, "a");
  await client.delete({ ...NAMESPACES, name: "a" });
  const ns = await until("conditions", () => {
    const found = client.reader.get({ ...NAMESPACES, name: "a" });
    return found?.status.conditions && found;
  });
  assert.equal(ns.status.phase, "Terminating");
  const messages = ns.status.conditions.map((c: { message: string }) =>
    c.message
  );
  assert(
    messages.includes(
      "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    ),
    messages.join("\n"),
  );
  await assert.rejects(create("new", {}, "a"), {
    message:
      'configmaps "new" is forbidden: unable to create new content in namespace a because it is being terminated',
  });
  const free = structuredClone(map("held", "a")!);
  delete free.metadata.finalizers;
  await client.update({ ...MAPS, namespace: "a", name: "held" }, free);
  await until(
    "the end",
    () => !client.reader.get({ ...NAMESPACES, name: "a" }),
  );
});

Deno.test("a namespace whose deletion was cut short by a stop goes after the start", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  const { client } = cluster;
  await client.create(NAMESPACES, namespace("a"));
  await client.create({ ...MAPS, namespace: "a" }, configMap("a", "one"));
  await client.delete({ ...NAMESPACES, name: "a" });
  assert(client.reader.get({ ...NAMESPACES, name: "a" }));
  await cluster.startControllers();
  await until(
    "the end",
    () => !client.reader.get({ ...NAMESPACES, name: "a" }),
  );
});

Deno.test("what an owner owned goes with it, all the way down", async () => {
  const { cluster, map, create, remove } = await running();
  await using _ = cluster;
  const top = await create("top");
  const middle = await create("middle", owner(top));
  await create("bottom", owner(middle));
  await remove("top");
  await until("the collection", () => !map("middle") && !map("bottom"));
});

Deno.test("an object that names an owner that never was is collected", async () => {
  const { cluster, map, create } = await running();
  await using _ = cluster;
  const top = await create("top");
  await create("wrong-uid", owner(top, { uid: "other" }));
  await until("the collection", () => !map("wrong-uid"));
  assert(map("top"));
});

Deno.test("an owner in another namespace is no owner", async () => {
  const { cluster, client, map, create } = await running();
  await using _ = cluster;
  await client.create(NAMESPACES, namespace("a"));
  const top = await create("top", {}, "a");
  await create("child", owner(top));
  await until("the collection", () => !map("child"));
  assert(map("top", "a"));
});

Deno.test("an owner of an unknown kind is left alone", async () => {
  const { cluster, map, create, remove } = await running();
  await using _ = cluster;
  const top = await create("top");
  await create("child", {
    ownerReferences: [
      { apiVersion: "apps/v1", kind: "Deployment", name: "d", uid: "u" },
      ...owner(top).ownerReferences as JsonObject[],
    ],
  });
  await remove("top");
  await until(
    "the lost owner's end",
    () => map("child")?.metadata.ownerReferences?.length === 1,
  );
});

Deno.test("a child of two owners stays with the one that is left", async () => {
  const { cluster, map, create, remove } = await running();
  await using _ = cluster;
  const [a, b] = [await create("a"), await create("b")];
  await create("child", {
    ownerReferences: [
      ...owner(a).ownerReferences as JsonObject[],
      ...owner(b).ownerReferences as JsonObject[],
    ],
  });
  await remove("a");
  await until(
    "one owner",
    () => map("child")?.metadata.ownerReferences?.length === 1,
  );
  await remove("b");
  await until("the collection", () => !map("child"));
});

Deno.test("orphaned children stay and forget their owner", async () => {
  const { cluster, map, create, remove } = await running();
  await using _ = cluster;
  const top = await create("top");
  await create("child", owner(top));
  await remove("top", "Orphan");
  await until("the owner's end", () => !map("top"));
  assert.equal(map("child")?.metadata.ownerReferences, undefined);
});

Deno.test("in foreground deletion an owner waits for children that block it", async () => {
  const { cluster, map, create, remove, release } = await running();
  await using _ = cluster;
  const top = await create("top");
  await create("child", {
    ...owner(top, { blockOwnerDeletion: true }),
    finalizers: ["example.com/hold"],
  });
  await remove("top", "Foreground");
  await until(
    "the child's deletion",
    () => map("child")?.metadata.deletionTimestamp,
  );
  assert(map("top")?.metadata.deletionTimestamp);
  await release("child");
  await until("the end", () => !map("child") && !map("top"));
});

Deno.test("in foreground deletion an owner does not wait for children that don't block it", async () => {
  const { cluster, map, create, remove, release } = await running();
  await using _ = cluster;
  const top = await create("top");
  await create("child", { ...owner(top), finalizers: ["example.com/hold"] });
  await remove("top", "Foreground");
  await until("the owner's end", () => !map("top"));
  await until(
    "the child's deletion",
    () => map("child")?.metadata.deletionTimestamp,
  );
  await release("child");
});

Deno.test("children of an owner that went while nobody looked are collected at start", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  const { client } = cluster;
  await client.create(NAMESPACES, namespace("a"));
  const key = { ...MAPS, namespace: "a" };
  const top = await client.create(key, configMap("a", "top"));
  await client.create(key, configMap("a", "child", owner(top)));
  await client.delete({ ...key, name: "top" });
  await cluster.startControllers();
  await until(
    "the collection",
    () => !client.reader.get({ ...key, name: "child" }),
  );
});

Deno.test("a token Secret gets a token that works until the Secret goes", async () => {
  const { cluster, client } = await running();
  await using _ = cluster;
  const key = { ...SECRETS, namespace: "default", name: "t" };
  await until("the account", () =>
    client.reader.get({
      group: "",
      resource: "serviceaccounts",
      namespace: "default",
      name: "default",
    }));
  await client.create(key, {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: {
      name: "t",
      annotations: { "kubernetes.io/service-account.name": "default" },
    },
  });
  const secret = await until("the token", () => {
    const found = client.reader.get(key);
    return found?.data?.token && found;
  });
  assert.equal(atob(secret.data["ca.crt"]), "CA PEM");
  assert.equal(atob(secret.data.namespace), "default");
  const headers = new Headers({
    authorization: `Bearer ${atob(secret.data.token)}`,
  });
  const authenticate = async () =>
    await cluster.authentication.authenticate(headers);
  const user = await authenticate();
  assert.equal(user.name, "system:serviceaccount:default:default");
  await client.delete(key);
  await assert.rejects(authenticate(), {
    message: "Unauthorized",
  });
});

Deno.test("a token Secret goes with its account", async () => {
  const { cluster, client } = await running();
  await using _ = cluster;
  const key = { ...SECRETS, namespace: "default", name: "t" };
  const account = {
    group: "",
    resource: "serviceaccounts",
    namespace: "default",
    name: "robot",
  };
  await client.create(account, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "robot" },
  });
  await client.create(key, {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: {
      name: "t",
      annotations: { "kubernetes.io/service-account.name": "robot" },
    },
  });
  await until("the token", () => client.reader.get(key)?.data?.token);
  await client.delete(account);
  await until("the Secret's end", () => !client.reader.get(key));
});

Deno.test("a quota's status follows what is there", async () => {
  const { cluster, client, create, remove } = await running();
  await using _ = cluster;
  await client.create(NAMESPACES, namespace("a"));
  const key = { group: "", resource: "resourcequotas", namespace: "default" };
  await client.create(key, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q" },
    spec: { hard: { "count/configmaps": "3", "requests.cpu": 2 } },
  });
  const used = () =>
    client.reader.get({ ...key, name: "q" })?.status?.used
      ?.["count/configmaps"];
  await until("the CA to be counted", () => used() === "1");
  await create("one");
  await until("one more", () => used() === "2");
  await remove("one");
  await until("one less", () => used() === "1");
  const status = client.reader.get({ ...key, name: "q" })!.status;
  assert.deepEqual(status.hard, {
    "count/configmaps": "3",
    "requests.cpu": "2",
  });
  assert.equal(status.used["requests.cpu"], "0");
});

Deno.test("Events are forgotten an hour after they last happened", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  const { client, clock } = cluster;
  await client.create(NAMESPACES, namespace("default"));
  const key = { group: "", resource: "events", namespace: "default" };
  const event = (name: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Event",
    metadata: { name },
    involvedObject: { kind: "Secret", name: "s", namespace: "default" },
    ...more,
  });
  await client.create(key, event("old"));
  await client.create(
    key,
    event("again", { lastTimestamp: "2026-01-01T00:30:00Z" }),
  );
  // Of a device whose clock runs ahead, and of the server when its own did.
  await client.create(
    key,
    event("ahead", { lastTimestamp: "2031-01-01T00:00:00Z" }),
  );
  clock.time = new Date("2030-01-01T00:00:00Z");
  await client.create(key, event("future"));
  clock.time = new Date("2026-01-01T01:10:00Z");
  await cluster.startControllers();
  for (const name of ["old", "ahead", "future"]) {
    await until(
      `the end of ${name}`,
      () => !client.reader.get({ ...key, name }),
    );
  }
  assert(client.reader.get({ ...key, name: "again" }));
});

Deno.test("a start adds what is missing from the default policy and leaves the rest", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  const { client } = cluster;
  const key = { group: RBAC, resource: "clusterroles" };
  const own = { verbs: ["get"], apiGroups: ["x"], resources: ["things"] };
  await client.create(key, {
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRole",
    metadata: { name: "system:basic-user" },
    rules: [own],
  });
  await cluster.startControllers();
  const { rules } = client.reader.get({ ...key, name: "system:basic-user" })!;
  assert.deepEqual(rules[0], own);
  assert(rules.length > 1);
});
