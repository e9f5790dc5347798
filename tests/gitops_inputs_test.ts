/**
 * Keys and variables of a Repository: what a sync makes of them, and of their
 * changes. On the embedded engine; nothing of it differs on others.
 */
import assert from "node:assert/strict";
import { ConfigMap, Event, Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import type { Resource } from "../api/kind.ts";
import { Network } from "../api/network.ts";
import { hasKustomize } from "../gitops/testing/has_program.ts";
import { getCondition } from "../kube/mod.ts";
import { eventually } from "../kube/testing/eventually.ts";
import {
  type Environment,
  startEnvironment as start,
} from "./gitops/environment.ts";

/** What waits for a retry, on a busy machine, may wait long. */
async function startEnvironment(): Promise<Environment> {
  const env = await start();
  const status = env.status.bind(env);
  env.status = (isSo, options) => status(isSo, { timeout: 90_000, ...options });
  return env;
}

const SOPS = new URL("../gitops/testdata/sops/", import.meta.url);
const fixture = (name: string) => Deno.readTextFile(new URL(name, SOPS));
const workspace = (name: string) =>
  `{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: ${name}}}\n`;

/** Makes or changes an object of the hub's namespace. */
async function put(
  { client }: Environment,
  resource: Resource,
  object: { name: string } & Record<string, unknown>,
) {
  const { name, ...content } = object;
  await client.apply(resource, {
    apiVersion: "v1",
    kind: resource.kind,
    metadata: { name, namespace: SYSTEM_NAMESPACE },
    ...content,
  } as KubeObject, {
    namespace: SYSTEM_NAMESPACE,
    fieldManager: "test",
    force: true,
  });
}

/** All that anybody can read of a Repository: status, Events, log. */
async function allText(env: Environment): Promise<string> {
  const events = await env.client.list(Event);
  const status = await env.status(() => true);
  return JSON.stringify([events.items, status, env.log]);
}

Deno.test("files that SOPS encrypted are applied once there is a key, and only whole", async () => {
  await using env = await startEnvironment();
  const { git, client } = env;
  const first = await git.push({
    "workspaces/a/workspace.yaml": workspace("a"),
    "workspaces/a/uplink.yaml": await fixture("age.yaml"),
    "workspaces/b/workspace.yaml": workspace("b"),
    "workspaces/b/plain.yaml":
      "{apiVersion: v1, kind: Secret, metadata: {name: plain}, stringData: {a: hunter5}}",
  });
  await env.follow();
  const failed = (message: RegExp) =>
    env.status((status) => {
      const ready = getCondition(status.conditions, "Ready");
      return ready?.reason === "DecryptionFailed" &&
        message.test(ready.message);
    });
  const without = await failed(
    /uplink\.yaml:12:1: sops: is encrypted with SOPS.*spec\.decryption/,
  );
  assert.ok(getCondition(without.conditions, "Stalled"));
  // The other workspace goes on, with a warning.
  await client.get(Secret, "plain", { namespace: "b" });
  assert.equal(without.warnings?.length, 1);
  assert.match(without.warnings![0]!.message, /Secret plain stands in Git/);
  assert.equal(without.warnings![0]!.file, "workspaces/b/plain.yaml");

  await env.follow({ decryption: { secretRef: { name: "sops" } } });
  await failed(/there is no Secret sops \(spec\.decryption\.secretRef\)/);
  // Nobody asks for a sync from here on: what it waits for is watched.
  await put(env, Secret, {
    name: "sops",
    stringData: { "fleet.agekey": await fixture("other.agekey") },
  });
  await failed(/none of the keys in Secret faros-system\/sops is one of these/);
  assert.equal(
    await client.tryGet(Network, "mesh", { namespace: "a" }),
    undefined,
  );
  await put(env, Secret, {
    name: "sops",
    stringData: { "fleet.agekey": await fixture("fleet.agekey") },
  });
  await env.applied(first);
  const secret = await client.get<
    KubeObject & { data: Record<string, string> }
  >(
    Secret,
    "uplink",
    { namespace: "a" },
  );
  assert.equal(
    new TextDecoder().decode(Uint8Array.fromBase64(secret.data.password!)),
    "hunter2-ü",
  );
  assert.ok(!("sops" in secret));
  const mesh = await client.get<Network>(Network, "mesh", { namespace: "a" });
  assert.deepEqual(
    (mesh.spec.config as { privateKey: string }).privateKey,
    "c2VjcmV0LXByaXZhdGUta2V5",
  );

  // What somebody changed in the file is not applied, nor is what it held taken away.
  await git.push({
    "workspaces/a/uplink.yaml": (await fixture("age.yaml"))
      .replace("listenPort: 51820", "listenPort: 22"),
  });
  await failed(/found values that were added, removed or changed/);
  await client.get(Secret, "uplink", { namespace: "a" });

  const pgp = await git.push({
    "workspaces/a/uplink.yaml": await fixture("pgp.yaml"),
  });
  await failed(/encrypted for PGP/);
  await put(env, Secret, {
    name: "sops",
    stringData: {
      "fleet.agekey": await fixture("fleet.agekey"),
      "workspaces.b.asc": await fixture("fleet.asc"),
    },
  });
  // The key of another folder serves this one nothing.
  await env.follow({
    decryption: { secretRef: { name: "sops" } },
    interval: "59s",
  });
  await failed(/encrypted for PGP/);
  await put(env, Secret, {
    name: "sops",
    stringData: { "fleet.asc": await fixture("fleet.asc") },
  });
  await env.applied(pgp);
  const text = await allText(env);
  for (const hidden of ["hunter2", "hunter5", "SECRET-KEY", "c2VjcmV0LXBy"]) {
    assert.ok(!text.includes(hidden), hidden);
  }
});

Deno.test("variables are those that the Repository declares, as they are now", async () => {
  await using env = await startEnvironment();
  const { git, client } = env;
  const commit = await git.push({
    "workspaces/a/workspace.yaml": workspace("a"),
    "workspaces/a/mesh.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec:
  type: wireguard
  config:
    listenPort: \${port}
    endpoint: \${site}.example.org
    privateKey: \${key}
`,
    "workspaces/b/workspace.yaml": workspace("b"),
    "workspaces/b/scripts.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  site: $\${site}
`,
  });
  const config = async () =>
    (await client.tryGet<Network>(Network, "mesh", { namespace: "a" }))?.spec
      .config;
  await env.follow({
    substitute: {
      variables: { site: "south" },
      from: [
        { kind: "ConfigMap", name: "site" },
        { kind: "Secret", name: "keys", optional: true },
      ],
    },
  });
  await env.status((status) =>
    /mesh\.yaml:8:17: spec\.config\.listenPort: its variables are not known: there is no ConfigMap site \(spec\.substitute\.from\[0\]\)/
      .test(getCondition(status.conditions, "Ready")?.message ?? "")
  );
  await put(env, ConfigMap, { name: "site", data: { site: "no", port: "1" } });
  await env.status((status) =>
    /found \$\{key\}, which is no variable of the Repository; there are port, site/
      .test(getCondition(status.conditions, "Ready")?.message ?? "")
  );
  await put(env, Secret, { name: "keys", stringData: { key: "hunter2-key" } });
  await env.applied(commit);
  assert.deepEqual(await config(), {
    listenPort: 1,
    endpoint: "south.example.org",
    privateKey: "hunter2-key",
  });
  const scripts = await client.get<KubeObject & { data: { site: string } }>(
    ConfigMap,
    "scripts",
    { namespace: "b" },
  );
  assert.equal(scripts.data.site, "${site}");

  await put(env, ConfigMap, { name: "site", data: { port: "51820" } });
  await eventually(
    async () => (await config() as { listenPort: number }).listenPort === 51820,
    { what: "the new port", timeout: 90_000 },
  );
  await put(env, Secret, { name: "keys", stringData: { key: "hunter3-key" } });
  await eventually(
    async () =>
      (await config() as { privateKey: string }).privateKey === "hunter3-key",
    { what: "the new key", timeout: 90_000 },
  );
  // What the API server says of a manifest quotes it.
  await put(env, Secret, { name: "keys", stringData: { key: "hunter4-key" } });
  await git.push({
    "workspaces/a/mesh.yaml": null,
    "workspaces/a/role.yaml": `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: x}
rules: [{apiGroups: [""], resources: ["pods"], verbs: ["\${key}"]}]
`,
  });
  await env.status((status) =>
    /role\.yaml:2:1: Cannot apply Role x:.*\(not shown\)/s.test(
      getCondition(status.conditions, "Ready")?.message ?? "",
    )
  );
  const text = await allText(env);
  assert.ok(!/hunter[234]/.test(text), /.{80}hunter[234].{40}/.exec(text)?.[0]);
});

Deno.test("what a manifest refers to is there, or nothing of the workspace is applied", async () => {
  await using env = await startEnvironment();
  const { git, client } = env;
  const agents = `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1}
spec: {plugins: [{name: mesh}]}
`;
  const mesh = {
    apiVersion: "plugins.faros.sh/v1alpha1",
    kind: "Network",
    metadata: { name: "mesh" },
    spec: { type: "wireguard" },
  };
  const invalid = (message: RegExp) =>
    env.status((status) => {
      const ready = getCondition(status.conditions, "Ready");
      return ready?.reason === "ManifestInvalid" &&
        message.test(ready.message);
    });
  const first = await git.push({
    "workspaces/a/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: {name: a}
spec: {plugins: [{name: wireguard}]}
`,
    "workspaces/a/agents.yaml": agents,
    "workspaces/a/other.yaml":
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}",
  });
  await env.follow();
  await invalid(
    /agents\.yaml:5:25: spec\.plugins\[0\]\.name: found mesh, which is neither in the repository nor in the workspace/,
  );
  assert.equal(
    await client.tryGet(ConfigMap, "other", { namespace: "a" }),
    undefined,
  );
  // Somebody makes it by hand.
  await client.apply(Network, mesh, { namespace: "a", fieldManager: "test" });
  const status = await env.applied(first);
  assert.match(
    status.warnings?.[0]?.message ?? "",
    /spec\.plugins\[0\]\.name: found wireguard, which is not in the catalogue/,
  );
  assert.equal(status.warnings?.[0]?.line, 5);
  await git.push({ "workspaces/a/mesh.json": JSON.stringify(mesh) });
  await client.get(Network, "mesh", { namespace: "a" });
  const second = await git.push({ "workspaces/a/more.yaml": "# nothing\n" });
  await env.applied(second);
  // What is live, but would go, is as good as gone.
  await git.push({ "workspaces/a/mesh.json": null });
  await invalid(/found mesh, which is neither/);
  await client.get(Network, "mesh", { namespace: "a" });
  const third = await git.push({ "workspaces/a/agents.yaml": null });
  await env.applied(third);
  assert.equal(
    await client.tryGet(Network, "mesh", { namespace: "a" }),
    undefined,
  );
});

Deno.test({
  name: "kustomizations are built of what is in the commit, wherever it is",
  ignore: !await hasKustomize(),
  async fn() {
    await using env = await startEnvironment();
    const { git, client } = env;
    const base = (port: number) => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec: {type: wireguard, config: {listenPort: ${port}}}
`;
    const first = await git.push({
      "bases/mesh/kustomization.yaml": "resources: [mesh.yaml]",
      "bases/mesh/mesh.yaml": base(1),
      "workspaces/a/workspace.yaml": workspace("a"),
      "workspaces/a/kustomization.yaml":
        "resources: [../../bases/mesh]\nconfigMapGenerator: [{name: site, files: [site.conf], options: {disableNameSuffixHash: true}}]",
      "workspaces/a/site.conf": "line = 3\n",
      "workspaces/b/workspace.yaml": workspace("b"),
      "workspaces/b/net/kustomization.yaml": "resources: [../../../bases/mesh]",
    });
    await env.follow();
    const status = await env.applied(first);
    assert.deepEqual(
      status.workspaces?.map(({ name, objects }) => [name, objects]),
      [["a", 2], ["b", 1]],
    );
    const site = await client.get<KubeObject & { data: unknown }>(
      ConfigMap,
      "site",
      { namespace: "a" },
    );
    assert.deepEqual(site.data, { "site.conf": "line = 3\n" });
    const second = await git.push({ "bases/mesh/mesh.yaml": base(2) });
    const after = await env.applied(second);
    assert.equal(after.objects?.updated, 2);
    // One that reaches out stops its own workspace.
    await git.push({
      "bases/mesh/mesh.yaml": base(3),
      "workspaces/b/net/kustomization.yaml":
        "resources: [../../../bases/mesh, 'https://example.org/x.yaml']",
    });
    await env.status(({ conditions }) =>
      /b\/net\/kustomization\.yaml:1:34: resources\[1\]: found "https:.*elsewhere/
        .test(getCondition(conditions, "Ready")?.message ?? "")
    );
    const port = async (namespace: string) =>
      (await client.get<Network>(Network, "mesh", { namespace })).spec.config;
    assert.deepEqual(await port("a"), { listenPort: 3 });
    assert.deepEqual(await port("b"), { listenPort: 2 });
  },
});
