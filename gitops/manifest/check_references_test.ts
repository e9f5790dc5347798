import assert from "node:assert/strict";
import type { KubeObject } from "../../api/meta.ts";
import { checkReferences } from "./check_references.ts";
import { allProblems, loadTree } from "./load_tree.ts";
import { formatProblem } from "./problem.ts";

const FILES: Record<string, string> = {
  "workspaces/a/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: {name: a}
spec:
  plugins:
  - name: monitoring-host
  - name: monitoring-hots
  - name: of-this-repository
`,
  "root/catalogue.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Plugin
metadata: {name: of-this-repository}
spec:
  versions:
  - version: 1.0.0
    artifacts: [{url: /x, digest: "sha256:${"0".repeat(64)}", signature: x}]
    provides: [{kind: Monitoring, type: x}]
---
apiVersion: gitops.faros.sh/v1alpha1
kind: Repository
metadata: {name: other}
spec:
  url: /srv/other.git
  secretRef: {name: git}
  decryption: {secretRef: {name: sops}}
  substitute: {from: [{kind: Secret, name: keys}, {kind: Secret, name: maybe, optional: true}, {kind: ConfigMap, name: site}]}
---
{apiVersion: v1, kind: Secret, metadata: {name: sops}}
`,
  "workspaces/a/plugins.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec:
  type: wireguard
  config:
    privateKey: {secretKeyRef: {name: wireguard, key: private}}
    presharedKey: {secretKeyRef: {name: wireguard, key: pre}}
    relay: {secretKeyRef: {name: wiregaurd, key: private}}
    external: {secretKeyRef: {name: made-elsewhere, key: x}}
---
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: host}
spec:
  type: wireguard
  config: |
    privateKey:
      secretKeyRef: {name: in-text, key: x}
---
apiVersion: plugins.faros.sh/v1alpha1
kind: Monitoring
metadata: {name: host}
spec: {type: host}
---
apiVersion: v1
kind: Secret
metadata: {name: wireguard}
stringData: {private: abc}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: x}
spec: {target: {name: made-elsewhere}}
---
apiVersion: example.org/v1
kind: Camera
metadata: {name: gate}
`,
  "workspaces/a/agents.yaml": `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1}
spec:
  plugins:
  - name: mesh
  - name: mehs
  - name: host
  - {name: host, kind: Monitoring}
  - {name: host, kind: Monitorng}
  - {name: mesh, kind: Monitoring}
  - {name: mesh, kind: Network}
  - {name: gate, kind: Camera}
  - {name: gate}
  - {name: door, kind: Camera}
  - {name: live-mesh}
---
apiVersion: edge.faros.sh/v1alpha1
kind: Registration
metadata: {name: line}
spec:
  agentTemplate:
    plugins:
    - {name: nothing, config: {token: {secretKeyRef: {name: none, key: x}}}}
`,
};

const tree = {
  commit: "c",
  refused: [],
  files: Object.entries(FILES).map(([path, text]) => ({
    path,
    oid: text,
    text: text.trimStart(),
  })),
};

Deno.test("checkReferences() finds what is neither in the manifests nor live", async () => {
  const { root, workspaces, ...rest } = loadTree(tree);
  assert.deepEqual(allProblems({ root, workspaces, ...rest }), []);
  const asked: string[] = [];
  const options = {
    root: root.manifests,
    builtin: ["monitoring-host"],
    live: {
      get(resource: { kind: string }, name: string) {
        asked.push(`${resource.kind}/${name}`);
        return Promise.resolve(
          name === "live-mesh" && resource.kind === "Network"
            ? {} as KubeObject
            : undefined,
        );
      },
    },
  };
  const found = await checkReferences(
    workspaces.get("a")!.manifests,
    options,
  );
  assert.deepEqual(found.problems.map(formatProblem), [
    'workspaces/a/agents.yaml:7:11: spec.plugins[1].name: found mehs, which is neither in the repository nor in the workspace; did you mean "mesh"?',
    "workspaces/a/agents.yaml:8:11: spec.plugins[2].name: found host, and there are Network/host (workspaces/a/plugins.yaml:12) and Monitoring/host (workspaces/a/plugins.yaml:21); add `kind: Network` to the entry",
    'workspaces/a/agents.yaml:10:12: spec.plugins[4].name: found Monitorng/host, which is neither in the repository nor in the workspace; did you mean "Monitoring"?',
    "workspaces/a/agents.yaml:11:12: spec.plugins[5].name: found Monitoring/mesh, which is neither in the repository nor in the workspace; there is Network/mesh (workspaces/a/plugins.yaml:1)",
    "workspaces/a/agents.yaml:12:12: spec.plugins[6].name: found mesh once more: spec.plugins[0] names the same object; leave one entry",
    "workspaces/a/agents.yaml:24:14: spec.agentTemplate.plugins[0].name: found nothing, which is neither in the repository nor in the workspace",
    "workspaces/a/agents.yaml:24:61: spec.agentTemplate.plugins[0].config.token.secretKeyRef.name: found Secret none, which is neither in the repository nor in the workspace",
    "workspaces/a/plugins.yaml:8:57: spec.config.presharedKey.secretKeyRef.key: found pre, which is not in Secret wireguard; it has private",
    'workspaces/a/plugins.yaml:9:34: spec.config.relay.secretKeyRef.name: found Secret wiregaurd, which is neither in the repository nor in the workspace; did you mean "wireguard"?',
    "workspaces/a/plugins.yaml:17:11: spec.config: found Secret in-text, which is neither in the repository nor in the workspace",
  ]);
  assert.deepEqual(found.warnings.map(formatProblem), [
    "workspaces/a/agents.yaml:15:12: spec.plugins[9].name: found Camera/door, which is not in this repository; it has to be in the workspace; only a plugin could bring that kind",
  ]);
  // What is in the manifests is not asked for.
  assert.ok(
    !asked.some((object) =>
      /mesh$/.test(object) && !/live/.test(object) &&
      object !== "Monitoring/mesh"
    ),
  );

  const catalogue = await checkReferences(
    [workspaces.get("a")!.workspace!, ...root.manifests],
    options,
  );
  assert.deepEqual(catalogue.problems, []);
  assert.deepEqual(catalogue.warnings.map(formatProblem), [
    "root/catalogue.yaml:15:21: spec.secretRef.name: found git, and there is no such Secret in the hub's namespace",
    "root/catalogue.yaml:17:44: spec.substitute.from[0].name: found keys, and there is no such Secret in the hub's namespace",
    'workspaces/a/workspace.yaml:7:11: spec.plugins[1].name: found monitoring-hots, which is not in the catalogue: it runs nowhere until a Plugin of that name is there; did you mean "monitoring-host"?',
  ]);
});

Deno.test("checkReferences() only warns where it cannot ask what is live", async () => {
  const { root, workspaces } = loadTree(tree);
  const { problems, warnings } = await checkReferences(
    workspaces.get("a")!.manifests,
    { root: root.manifests },
  );
  // What contradicts itself is wrong whatever is live.
  assert.deepEqual(problems.map(({ file, line }) => `${file}:${line}`), [
    "workspaces/a/agents.yaml:8",
    "workspaces/a/agents.yaml:12",
    "workspaces/a/plugins.yaml:8",
  ]);
  assert.ok(
    warnings.some((warning) =>
      formatProblem(warning) ===
        'workspaces/a/agents.yaml:7:11: spec.plugins[1].name: found mehs, which is not in this repository; it has to be in the workspace; did you mean "mesh"?'
    ),
  );
});

Deno.test("checkReferences() knows the kinds that plugins bring to a workspace", async () => {
  const { workspaces } = loadTree({
    commit: "",
    refused: [],
    files: [{
      path: "workspaces/a/agents.yaml",
      oid: "1",
      text: `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1}
spec:
  plugins:
  - name: oven
  - {name: oven-2, kind: Thermometer}
  - {name: oven, kind: Thermometr}
`,
    }],
  });
  const thermometer = {
    group: "sensors.example.com",
    version: "v1",
    plural: "thermometers",
    kind: "Thermometer",
    namespaced: true,
  };
  const { problems } = await checkReferences(workspaces.get("a")!.manifests, {
    root: [],
    live: {
      get: (resource, name) =>
        Promise.resolve(
          resource === thermometer && name === "oven"
            ? {
              apiVersion: "sensors.example.com/v1",
              kind: "Thermometer",
              metadata: { name },
            }
            : undefined,
        ),
      kinds: () => Promise.resolve([thermometer]),
    },
  });
  assert.deepEqual(problems.map(formatProblem), [
    "workspaces/a/agents.yaml:8:12: spec.plugins[1].name: found Thermometer/oven-2, which is neither in the repository nor in the workspace",
    'workspaces/a/agents.yaml:9:12: spec.plugins[2].name: found Thermometr/oven, which is neither in the repository nor in the workspace; did you mean "Thermometer"?',
  ]);
});

Deno.test("checkReferences() takes very many names that are nowhere, and does not name all the keys of a Secret", async () => {
  const count = 3000;
  const each = (make: (i: number) => string, between = "") =>
    Array.from({ length: count }, (_, i) => make(i)).join(between);
  const files = {
    "agents.yaml": `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1}
spec:
  plugins:
${each((i) => `  - {name: hots-${i}, kind: Monitoring}\n`)}`,
    "plugins.yaml": each(
      (i) =>
        `{apiVersion: plugins.faros.sh/v1alpha1, kind: Monitoring, metadata: {name: host-${i}}, spec: {type: host}}\n`,
      "---\n",
    ),
    "secret.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec:
  type: wireguard
  config: {privateKey: {secretKeyRef: {name: keys, key: nothing-like-it}}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData:
${each((i) => `  k${i}: x\n`)}`,
  };
  const { workspaces } = loadTree({
    commit: "",
    refused: [],
    files: Object.entries(files).map(([name, text]) => ({
      path: `workspaces/a/${name}`,
      oid: name,
      text,
    })),
  });
  const { problems, warnings } = await checkReferences(
    workspaces.get("a")!.manifests,
    { root: [] },
  );
  assert.equal(warnings.length, count);
  assert.match(warnings[0]!.message, /did you mean "host-0"\?$/);
  assert.match(warnings.at(-1)!.message, /it has to be in the workspace$/);
  assert.match(
    problems[0]!.message,
    /; it has k0, k1, .*, k9 and 2990 more$/,
  );
});
