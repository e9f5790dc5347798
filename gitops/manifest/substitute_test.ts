import assert from "node:assert/strict";
import { loadManifests } from "./load_manifests.ts";
import { allProblems } from "./load_tree.ts";
import { formatProblem } from "./problem.ts";
import { makeVariables } from "./variables.ts";

const WORKSPACE =
  "{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: a}}";

const variables = await makeVariables([
  {
    from: "ConfigMap faros-system/site",
    values: { site: "south", port: "51820", "no.name": "x", line: "1" },
  },
  { from: "Secret faros-system/keys", secret: true, values: { key: "s3cret" } },
  {
    from: "spec.substitute.variables",
    values: {
      line: "7",
      injected: "x\nmetadata: {name: taken}\n- [",
      zeros: "0051",
      yes: "true",
      large: "9007199254740993",
      nested: "${site}",
    },
  },
]);

async function load(
  text: string,
  options = { variables: variables as unknown },
) {
  const manifests = await loadManifests({
    commit: "c",
    refused: [],
    files: [
      { path: "workspaces/a/workspace.yaml", oid: "1", text: WORKSPACE },
      { path: "workspaces/a/x.yaml", oid: "2", text },
    ],
  }, options as Parameters<typeof loadManifests>[1]);
  const set = manifests.workspaces.get("a")!;
  return {
    // deno-lint-ignore no-explicit-any
    objects: set.manifests.map((m) => m.object as any),
    manifests: set.manifests,
    problems: allProblems(manifests).map(formatProblem),
    fingerprint: set.fingerprint,
  };
}

const network = (config: string) => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: mesh}
spec:
  type: wireguard
  config:
${config.replace(/^/gm, "    ")}
`;

Deno.test("variables are replaced in values, typed where they stand alone without quotes", async () => {
  const { objects, problems } = await load(network(`
listenPort: \${port}
quoted: "\${port}"
text: port \${port} of \${site}
relay: \${yes}
zeros: \${zeros}
large: \${large}
list:
- \${site}-\${line}
- \${line}
$\{site}: a name of a field
literal: $$\{site}
once: \${nested}
other: $HOME $site 5$`));
  assert.deepEqual(problems, []);
  assert.deepEqual(objects[0].spec.config, {
    listenPort: 51820,
    quoted: "51820",
    text: "port 51820 of south",
    relay: true,
    zeros: "0051",
    large: "9007199254740993",
    list: ["south-7", 7],
    "${site}": "a name of a field",
    literal: "${site}",
    once: "${site}",
    other: "$HOME $site 5$",
  });
});

Deno.test("no value of a variable brings structure in", async () => {
  const { objects, problems } = await load(network("note: ${injected}"));
  assert.deepEqual(problems, []);
  assert.equal(objects.length, 1);
  assert.equal(objects[0].metadata.name, "mesh");
  assert.equal(
    objects[0].spec.config.note,
    "x\nmetadata: {name: taken}\n- [",
  );
  const text = await load(
    network("").replace(
      "config:",
      "config: |\n    note: ${injected}",
    ),
  );
  assert.match(
    text.problems.join(),
    /x\.yaml:7:11: spec\.config: found \$\{…\} in a config that is a text of YAML; write the config as an object/,
  );
});

Deno.test("what is no variable is told with its place, and which there are", async () => {
  const { problems, objects } = await load(
    network("a: ${siet}\nb: ${}\nc: ${a.b}\nd: ${port:-1}\ne: ${port") +
      "---\n" + network("port: ${nothing-like-it}"),
  );
  assert.deepEqual(objects, []);
  assert.deepEqual(problems.map((p) => p.slice(0, 105)), [
    "workspaces/a/x.yaml:8:8: spec.config.a: found ${siet}, which is no variable of the Repository; did you me",
    'workspaces/a/x.yaml:9:8: spec.config.b: found "${}", expected a variable such as ${site}; write $${ where',
    'workspaces/a/x.yaml:10:8: spec.config.c: found "${a.b}", expected a variable such as ${site}; write $${ w',
    'workspaces/a/x.yaml:11:8: spec.config.d: found "${port:-1}", expected a variable such as ${site}; write $',
    'workspaces/a/x.yaml:12:8: spec.config.e: found "${port", expected a variable such as ${site}; write $${ w',
    'workspaces/a/x.yaml:21:11: spec.config.port: found "${nothing-like-it}", expected a variable such as ${si',
  ]);
  const unknown = await load(network("a: ${zzzzzzz}"));
  assert.match(
    unknown.problems.join(),
    /which is no variable of the Repository; there are injected, key, large, line, nested, port, site, yes, zeros \(spec\.substitute\)/,
  );
});

Deno.test("programs, Plugins, kinds and what asks for it are left alone", async () => {
  const { objects, problems } = await load(`
apiVersion: v1
kind: ConfigMap
metadata: {name: scripts}
data:
  plugin.js: "export default \`\${x}\`"
  plugin.mts: "\${x}"
  run: |
    #!/bin/sh
    echo "\${HOME}"
  site: \${site}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: all, annotations: {faros.sh/substitute: disabled}}
data: {a: "\${x}"}
`);
  assert.deepEqual(problems, []);
  assert.equal(objects[0].data["plugin.js"], "export default `${x}`");
  assert.equal(objects[0].data["plugin.mts"], "${x}");
  assert.equal(objects[0].data.run, '#!/bin/sh\necho "${HOME}"\n');
  assert.equal(objects[0].data.site, "south");
  assert.equal(objects[1].data.a, "${x}");
  const kind = await load(
    "{apiVersion: v1, kind: '${site}', metadata: {name: x}}",
  );
  assert.equal(kind.objects[0].kind, "${site}");
});

Deno.test("a value of a Secret is in no message, and in no metadata", async () => {
  const labels = await load(
    network("a: b").replace(
      "{name: mesh}",
      '{name: mesh, labels: {key: "${key}"}}',
    ),
  );
  assert.match(
    labels.problems.join(),
    /metadata\.labels\.key: found \$\{key\}, a value of Secret faros-system\/keys; everybody sees metadata/,
  );
  const agent = await load(`
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: x}
spec: {paused: "\${key}"}
`);
  assert.deepEqual(agent.problems, [
    "workspaces/a/x.yaml:5:16: spec.paused: found (not shown), expected true or false",
  ]);
  const { manifests: [mesh], problems } = await load(
    network("privateKey: key of ${key}\nlistenPort: 1"),
  );
  assert.deepEqual(problems, []);
  assert.ok(mesh!.sensitive!.covers(["spec", "config", "privateKey"]));
  assert.ok(!mesh!.sensitive!.covers(["spec", "config", "listenPort"]));
  assert.equal(
    mesh!.sensitive!.redact('Invalid value: "key of s3cret"'),
    'Invalid value: "key of (not shown)"',
  );
});

Deno.test("without variables ${…} is text; unknown ones are told where they are used", async () => {
  const text = network("a: ${site}");
  const none = await load(text, { variables: undefined });
  assert.equal(none.objects[0].spec.config.a, "${site}");
  const unread = await load(text, {
    variables: new Error("there is no Secret"),
  });
  assert.deepEqual(unread.problems, [
    "workspaces/a/x.yaml:8:8: spec.config.a: there is no Secret",
  ]);
  const unused = await load(network("a: b"), { variables: new Error("none") });
  assert.deepEqual(unused.problems, []);
});

Deno.test("what uses variables is another thing when one of them changes", async () => {
  const other = await makeVariables([{ from: "x", values: { site: "north" } }]);
  const use = network("a: ${site}");
  const [before, after, plain, still] = [
    await load(use),
    await load(use, { variables: other }),
    await load(network("a: b")),
    await load(network("a: b"), { variables: other }),
  ];
  assert.notEqual(before.fingerprint, after.fingerprint);
  assert.equal(after.objects[0].spec.config.a, "north");
  assert.equal(plain.fingerprint, still.fingerprint);
});
