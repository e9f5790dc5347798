import assert from "node:assert/strict";
import { hasKustomize } from "../../testing/has_program.ts";
import { loadManifests } from "../load_manifests.ts";
import { allProblems } from "../load_tree.ts";
import { formatProblem } from "../problem.ts";
import type { SourceTree } from "../../source/read_tree.ts";
import { makeVariables } from "../variables.ts";
import { gatherInputs } from "./gather_inputs.ts";
import { selectPath } from "../layout.ts";

const WORKSPACE =
  "{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: a}}";

/** A commit of these files, as the hub reads it. */
async function commit(content: Record<string, string>) {
  const files = Object.entries({
    "workspaces/a/workspace.yaml": WORKSPACE,
    ...content,
  }).map(([path, text]) => ({ path, oid: text, text }));
  const read = (select: (path: string) => boolean): Promise<SourceTree> =>
    Promise.resolve({
      commit: "c",
      refused: [],
      files: files.filter((file) => select(file.path)),
    });
  return await gatherInputs(
    await read((path) => selectPath(path, "file")),
    read,
  );
}

async function load(
  content: Record<string, string>,
  inputs: Parameters<typeof loadManifests>[1] = {},
) {
  const manifests = await loadManifests(await commit(content), inputs);
  const set = manifests.workspaces.get("a")!;
  return {
    // deno-lint-ignore no-explicit-any
    objects: set.manifests.map(({ object }) => object as any),
    places: set.manifests.map(({ file, line }) => `${file}:${line}`),
    problems: allProblems(manifests).map(formatProblem),
    reasons: allProblems(manifests).map(({ reason }) => reason),
    fingerprint: set.fingerprint,
    set,
  };
}

const kustomize = await hasKustomize();
/** Says so where there is no program. */
const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ name, ignore: !kustomize, fn });

const BASE = {
  "bases/mesh/kustomization.yaml": "resources: [network.yaml]\n",
  "bases/mesh/network.yaml": `# The same everywhere
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata:
  name: mesh
spec:
  type: wireguard
  config:
    listenPort: 1
    mtu: \${mtu}
`,
};

test("a kustomization is built of bases, patches and data of the same commit", async () => {
  const { objects, problems, places, set } = await load({
    ...BASE,
    "workspaces/a/kustomization.yaml": `
resources: [../../bases/mesh, agents.yaml, more/]
commonAnnotations: {site: south}
patches:
- path: patches/port.patch
configMapGenerator:
- name: site
  files: [app.conf, renamed.txt=app.conf]
  options: {disableNameSuffixHash: true}
`,
    "workspaces/a/patches/port.patch": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec: {config: {listenPort: 51820}}
`,
    "workspaces/a/app.conf": "a = ${b}\n",
    "workspaces/a/agents.yaml": `---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-1}
---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: press-2}
spec: {plugins: [{name: mesh}]}
`,
    "workspaces/a/more/Kustomization": "namePrefix: line-\nresources: [x.json]",
    "workspaces/a/more/x.json":
      '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}',
    "workspaces/a/not-named.yaml": "nothing: of it",
  });
  assert.deepEqual(problems, []);
  const named = Object.fromEntries(
    objects.map((o) => [`${o.kind}/${o.metadata.name}`, o]),
  );
  assert.deepEqual(Object.keys(named).sort(), [
    "Agent/press-1",
    "Agent/press-2",
    "ConfigMap/line-x",
    "ConfigMap/site",
    "Network/mesh",
  ]);
  assert.equal(named["Network/mesh"].spec.config.listenPort, 51820);
  assert.deepEqual(named["ConfigMap/site"].data, {
    "app.conf": "a = ${b}\n",
    "renamed.txt": "a = ${b}\n",
  });
  for (const object of objects) {
    assert.deepEqual(object.metadata.annotations, { site: "south" });
  }
  assert.deepEqual(places.toSorted(), [
    "bases/mesh/network.yaml:2",
    "workspaces/a/agents.yaml:2",
    "workspaces/a/agents.yaml:6",
    "workspaces/a/kustomization.yaml:1",
    "workspaces/a/more/x.json:1",
  ]);
  assert.equal(set.workspace?.object.metadata.name, "a");
});

test("what is wrong with an object is told where it stands; variables come last", async () => {
  const files = {
    ...BASE,
    "workspaces/a/net/kustomization.yaml": "resources: [../../../bases/mesh]",
    "workspaces/a/agents.yaml":
      "{apiVersion: edge.faros.sh/v1alpha1, kind: Agent, metadata: {name: x}}",
  };
  const variables = await makeVariables([{ from: "x", values: { mtu: "9" } }]);
  const good = await load(files, { variables });
  assert.deepEqual(good.problems, []);
  assert.equal(good.objects.length, 2);
  assert.equal(
    good.objects.find((o) => o.kind === "Network").spec.config.mtu,
    9,
  );
  const { problems } = await load({
    ...files,
    "bases/mesh/network.yaml": files["bases/mesh/network.yaml"]
      .replace("type:", "typ:"),
    "workspaces/a/mesh.yaml": files["bases/mesh/network.yaml"],
  }, { variables: await makeVariables([]) });
  assert.deepEqual(problems.map((p) => p.slice(0, 90)), [
    "bases/mesh/network.yaml:10:10: spec.config.mtu: found ${mtu}, which is no variable of the ",
    "workspaces/a/mesh.yaml:10:10: spec.config.mtu: found ${mtu}, which is no variable of the R",
  ]);
  const typo = await load({
    ...files,
    "bases/mesh/network.yaml": files["bases/mesh/network.yaml"]
      .replace("type:", "typ:"),
  });
  assert.deepEqual(typo.problems, [
    "bases/mesh/network.yaml:6:1: spec.type: is required: a string",
    'bases/mesh/network.yaml:7:3: spec.typ: is not a known field; did you mean "type"?',
  ]);
});

test("a base that changes makes another set, and what does not is built once", async () => {
  const files = {
    ...BASE,
    "workspaces/a/kustomization.yaml": "resources: [../../bases/mesh]",
  };
  const tree = await commit(files);
  const [before, again] = [
    await loadManifests(tree),
    await loadManifests(tree),
  ];
  const objects = (m: typeof before) => m.workspaces.get("a")!.manifests;
  assert.equal(
    objects(before)[0]!.locate as unknown,
    objects(again)[0]!.locate,
  );
  const after = await load({
    ...files,
    "bases/mesh/network.yaml": `${files["bases/mesh/network.yaml"]}\n# more`,
  });
  assert.notEqual(
    before.workspaces.get("a")!.fingerprint,
    after.fingerprint,
  );
});

test("what Kustomize refuses is told as it says it, without our paths", async () => {
  const { problems, reasons } = await load({
    "workspaces/a/kustomization.yaml":
      "resources: [x.yaml]\npatches: [{path: p.yaml}]",
    "workspaces/a/x.yaml":
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}",
    "workspaces/a/p.yaml":
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: other}}",
  });
  assert.equal(problems.length, 1);
  assert.match(
    problems[0]!,
    /^workspaces\/a\/kustomization\.yaml:1:1: cannot be built: (no matches|no resource matches)/,
  );
  assert.doesNotMatch(problems[0]!, /faros-kustomize|\/tmp/);
  assert.deepEqual(reasons, ["BuildFailed"]);
});

test("an encrypted file does not go through Kustomize", async () => {
  const text = await Deno.readTextFile(
    new URL("../../testdata/sops/mac_only.yaml", import.meta.url),
  );
  const { problems, objects } = await load({
    "workspaces/a/kustomization.yaml": "resources: [secret.yaml]",
    "workspaces/a/secret.yaml": text,
  });
  assert.deepEqual(objects, []);
  assert.match(
    problems.join("\n"),
    /secret\.yaml:\d+:1: sops: is encrypted with SOPS, and came through Kustomize/,
  );
});

/** Each with what is said of it; nothing of it runs. */
const HOSTILE: [string, RegExp][] = [
  [
    "resources: [https://example.org/x.yaml]",
    /:1:13: resources\[0\]: found "https:.*, which is elsewhere; nothing is fetched/,
  ],
  ["resources: ['git@example.org:x/y.git']", /which is elsewhere/],
  ["resources: [github.com/x/y]", /which is elsewhere/],
  ["resources: ['example.org/x/y?ref=main']", /which is elsewhere/],
  ["bases: ['ssh://example.org/x']", /bases\[0\]: .* which is elsewhere/],
  ["components: ['file:///etc']", /which is elsewhere/],
  ["resources: [/etc/passwd]", /"\/etc\/passwd", which leads out of the repo/],
  ["resources: [../../../../../etc]", /which leads out of the repository/],
  [
    "resources: [agnets.yaml]",
    /no such file or folder in the repository; did you mean "agents\.yaml"\?/,
  ],
  ["resources: [sub]", /the folder "sub", and there is no kustomization\.yaml/],
  [
    "patches: [{path: ../../../../etc/passwd}]",
    /patches\[0\]\.path: .* out of/,
  ],
  ["patches: [{path: 'http://example.org/p'}]", /which is elsewhere/],
  ["patchesStrategicMerge: ['http://example.org/p']", /which is elsewhere/],
  ["openapi: {path: 'https://example.org/s'}", /openapi\.path: .*elsewhere/],
  ["crds: ['https://example.org/s']", /crds\[0\]: .*which is elsewhere/],
  ["configurations: [/etc/passwd]", /configurations\[0\]: .*leads out/],
  ["replacements: [{path: /etc/passwd}]", /replacements\[0\]\.path: .*out of/],
  [
    "secretGenerator: [{name: x, files: ['k=/etc/shadow']}]",
    /secretGenerator\[0\]\.files\[0\]: found "\/etc\/shadow", which leads out/,
  ],
  ["configMapGenerator: [{name: x, envs: [/proc/self/environ]}]", /leads out/],
  ["configMapGenerator: [{name: x, env: ../../../../.env}]", /leads out/],
  ["generators: [gen.yaml]", /generators: is not taken: it runs programs/],
  ["transformers: [t.yaml]", /transformers: is not taken: it runs programs/],
  ["validators: [v.yaml]", /validators: is not taken: it runs programs/],
  ["helmCharts: [{name: x, repo: 'https://x'}]", /helmCharts: is not taken/],
  ["helmGlobals: {chartHome: /}", /helmGlobals: is not taken/],
  [
    "resource: [agents.yaml]",
    /resource: is no field of a kustomization; did you mean "resources"\?/,
  ],
  [
    "resources: &x [agents.yaml]\nbases: *x\nbases: []",
    /found the field bases twice/,
  ],
  ["resources: {a: b}", /resources: found no list, expected one/],
  ["resources: [[agents.yaml]]", /resources\[0\]: found no path, expected one/],
  ['resources: ["a\\nb"]', /resources\[0\]: found no path, expected one/],
  ["a: [", /kustomization\.yaml:1:5: no valid YAML/],
  ["- a", /found no object, expected one kustomization/],
  ["resources: []\n---\nresources: [/etc]", /found several documents/],
];

Deno.test("a kustomization that reaches out of its commit is refused before anything runs", async () => {
  for (const [text, message] of HOSTILE) {
    const { problems, objects } = await load({
      "workspaces/a/kustomization.yaml": text,
      "workspaces/a/agents.yaml":
        "{apiVersion: edge.faros.sh/v1alpha1, kind: Agent, metadata: {name: x}}",
      "workspaces/a/sub/x.yaml": "x",
    });
    assert.deepEqual(objects, [], text);
    assert.match(problems.join("\n"), message, text);
  }
  // A base is looked at as well as what stands on it.
  const { problems } = await load({
    "workspaces/a/kustomization.yaml": "resources: [../../bases/x]",
    "bases/x/kustomization.yaml": "resources: [../y]",
    "bases/y/kustomization.yaml": "resources: [https://example.org/x.yaml]",
  });
  assert.match(
    problems.join("\n"),
    /^bases\/y\/kustomization\.yaml:1:13: resources\[0\]: .*which is elsewhere/,
  );
});

test("a folder that is named like a server is a folder", async () => {
  const base = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}";
  const { problems, objects } = await load({
    "workspaces/a/kustomization.yaml":
      "resources: [example.org/x/y.git, example.org/_git/z]",
    "workspaces/a/example.org/x/y.git/kustomization.yaml":
      "resources: [x.yaml]",
    "workspaces/a/example.org/x/y.git/x.yaml": base,
    "workspaces/a/example.org/_git/z/kustomization.yaml":
      "resources: [x.yaml]\nnamePrefix: z-",
    "workspaces/a/example.org/_git/z/x.yaml": base,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(objects.map((o) => o.metadata.name).sort(), ["x", "z-x"]);
});

Deno.test("files that grow without end are not given to Kustomize", async () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"].concat(
    [..."bcdefghij"].map((name, i) =>
      `${name}: &${name} [${
        Array.from({ length: 10 }, () => `*${"abcdefghij"[i]}`).join(", ")
      }]`
    ),
  ).join("\n");
  const { problems } = await load({
    "workspaces/a/kustomization.yaml": "patches: [{path: bomb.txt}]",
    "workspaces/a/script.txt": "a && *b &c [",
    "workspaces/a/bomb.txt":
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n${bomb}`,
  });
  assert.match(
    problems.join("\n"),
    /^workspaces\/a\/bomb\.txt:1:1: no valid YAML: found [^\n]* aliases [^\n]*$/,
  );
});
