import assert from "node:assert/strict";
import { ADMIN, configMap, testCluster } from "../controllers/testing.ts";

const NAMESPACES = { group: "", resource: "namespaces" };
const MAPS = { group: "", resource: "configmaps" };

async function withQuota(hard: Record<string, string>) {
  const cluster = await testCluster();
  const { client } = cluster;
  await client.create(NAMESPACES, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a" },
  });
  await client.create(
    { group: "", resource: "resourcequotas", namespace: "a" },
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "q" },
      spec: { hard },
    },
  );
  const create = (name: string) =>
    cluster.as(ADMIN).create({ ...MAPS, namespace: "a" }, configMap("a", name));
  return { cluster, client, create };
}

Deno.test("nothing is created in a namespace that is not there", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  await assert.rejects(
    cluster.client.create({ ...MAPS, namespace: "no" }, configMap("no", "x")),
    { message: 'namespaces "no" not found', code: 404 },
  );
});

Deno.test("the system namespaces can't be deleted", async () => {
  const cluster = await testCluster();
  await using _ = cluster;
  await cluster.startControllers();
  for (const name of ["default", "kube-system", "kube-public"]) {
    await assert.rejects(cluster.client.delete({ ...NAMESPACES, name }), {
      message:
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
    });
  }
});

Deno.test("a create beyond the quota is refused in kube-apiserver's words", async () => {
  const { cluster, client, create } = await withQuota({
    "count/configmaps": "2",
    configmaps: "5",
  });
  await using _ = cluster;
  await create("one");
  await create("two");
  await assert.rejects(create("three"), {
    code: 403,
    message:
      'configmaps "three" is forbidden: exceeded quota: q, requested: count/configmaps=1, used: count/configmaps=2, limited: count/configmaps=2',
  });
  await client.delete({ ...MAPS, namespace: "a", name: "one" });
  await create("three");
});

Deno.test("creates at the same time don't get past a quota together", async () => {
  const { cluster, client, create } = await withQuota({
    "count/configmaps": "3",
  });
  await using _ = cluster;
  const results = await Promise.allSettled(
    Array.from({ length: 10 }, (_, i) => create(`m${i}`)),
  );
  const made = results.filter(({ status }) => status === "fulfilled");
  assert.equal(made.length, 3);
  assert.equal(client.reader.list({ ...MAPS, namespace: "a" }).length, 3);
});

Deno.test("a create that fails after admission does not count for long", async () => {
  const { cluster } = await withQuota({
    "count/roles.rbac.authorization.k8s.io": "1",
  });
  await using _ = cluster;
  const key = {
    group: "rbac.authorization.k8s.io",
    resource: "roles",
    namespace: "a",
  };
  const role = (name: string) => ({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata: { name },
    rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
  });
  const alice = cluster.as({ name: "alice", groups: [] });
  await assert.rejects(alice.create(key, role("one")), {
    message: /attempting to grant RBAC permissions/,
  });
  const { time } = cluster.clock;
  cluster.clock.time = new Date(time.getTime() + 3000);
  await cluster.as(ADMIN).create(key, role("two"));
  await cluster.client.delete({ ...key, name: "two" });
  // Nor where the clock ran ahead, and is set right.
  cluster.clock.time = new Date("2030-01-01T00:00:00Z");
  await assert.rejects(alice.create(key, role("three")), {
    message: /attempting to grant RBAC permissions/,
  });
  cluster.clock.time = time;
  await cluster.as(ADMIN).create(key, role("four"));
});
