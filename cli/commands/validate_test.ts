import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";

const FLEET = new URL("../../fixtures/fleet", import.meta.url).pathname;

async function validate(path: string, ...options: string[]) {
  const io = bufferIo();
  const code = await main(["validate", path, ...options], { io });
  return { code, lines: io.stdout.trim().split("\n"), err: io.stderr };
}

async function withFiles(
  files: Record<string, string>,
  test: (dir: string) => Promise<void>,
) {
  const dir = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(dir, name)), { recursive: true });
      await Deno.writeTextFile(join(dir, name), text);
    }
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const WORKSPACE = `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: a
`;

Deno.test("the example fleet is valid", async () => {
  const { code, lines } = await validate(FLEET);
  assert.deepEqual([code, lines], [
    0,
    ["9 objects in 2 workspaces, no errors"],
  ]);
});

Deno.test("validate tells each error with file, line and column", async () => {
  await withFiles({
    "workspaces/a/workspace.yaml": WORKSPACE,
    "workspaces/a/agents.yaml": `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: press-1
spec:
  plugnis: []
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: all
rules: []
`,
    "workspaces/a/more/other.yaml": `apiVersion: v1
kind: ConfigMap
metadata: { name: x, namespace: b }
`,
  }, async (dir) => {
    const { code, lines, err } = await validate(dir);
    assert.equal(code, 1);
    assert.equal(err, "3 errors\n");
    assert.match(
      lines[0]!,
      /workspaces\/a\/agents\.yaml:6:3: spec\.plugnis: .*plugins/,
    );
    assert.match(
      lines[1]!,
      /workspaces\/a\/agents\.yaml:9:7: kind: ClusterRole/,
    );
    assert.match(
      lines[2]!,
      /workspaces\/a\/more\/other\.yaml:3:33: metadata\.namespace/,
    );

    const part = await validate(join(dir, "workspaces/a/more"));
    assert.deepEqual([part.code, part.lines.length], [1, 1]);
  });
});

Deno.test("validate leaves out what .farosignore says, and refuses links", async () => {
  await withFiles({
    ".farosignore": "drafts/\n",
    "workspaces/a/workspace.yaml": WORKSPACE,
    "workspaces/a/drafts/x.yaml": "nothing: here\n",
  }, async (dir) => {
    assert.equal((await validate(dir)).code, 0);
    await Deno.symlink("/etc/hostname", join(dir, "workspaces/a/link.yaml"));
    const { code, lines } = await validate(dir);
    assert.equal(code, 1);
    assert.match(lines[0]!, /link\.yaml: is a symbolic link/);
  });
});

Deno.test("validate of what is no fleet repository says so", async () => {
  await withFiles({}, async (dir) => {
    const { code, err } = await validate(dir);
    assert.equal(code, 1);
    assert.match(
      err,
      /neither it nor a folder above it has a folder workspaces/,
    );
  });
});

const SOPS = new URL("../../gitops/testdata/sops/", import.meta.url).pathname;

Deno.test("validate warns, says what it could not check, and checks that with a key and variables", async () => {
  await withFiles({
    "workspaces/a/workspace.yaml": `${WORKSPACE}spec:
  plugins: [{name: monitoring-host}, {name: monitoring-hots}]
`,
    "workspaces/a/uplink.yaml": await Deno.readTextFile(`${SOPS}age.yaml`),
    "workspaces/a/agents.yaml": `apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-1 }
spec:
  plugins: [{ name: mesh }, { name: mehs, config: { port: "${"$"}{port}" } }]
---
apiVersion: example.org/v1
kind: Camera
metadata: { name: gate }
---
apiVersion: v1
kind: Secret
metadata: { name: plain }
stringData: { a: hunter2 }
`,
    "site.yaml": "port: 1\n",
    "empty.yaml": "{}",
    "keys.txt": await Deno.readTextFile(`${SOPS}fleet.agekey`),
  }, async (dir) => {
    const { code, lines, err } = await validate(dir);
    assert.deepEqual([code, lines], [
      0,
      ["6 objects in 1 workspace, no errors"],
    ]);
    const said = err.replaceAll(/^.*?workspaces\/a\//gm, "").trim().split("\n");
    assert.equal(said.length, 6, err);
    assert.match(
      said[0]!,
      /^agents\.yaml:8:7: not checked: Camera of example\.org\/v1 is a kind/,
    );
    assert.match(said[1]!, /^uplink\.yaml:12:1: sops: not checked: is encrypt/);
    assert.match(said[2]!, /^uplink\.yaml:\d+:1: sops: not checked/);
    assert.match(
      said[3]!,
      /^agents\.yaml:5:37: spec\.plugins\[1\]\.name: warning: found mehs, .*; did you mean "mesh"\?/,
    );
    assert.match(said[4]!, /^agents\.yaml:12:7: warning: Secret plain stands/);
    assert.match(
      said[5]!,
      /^workspace\.yaml:6:45: spec\.plugins\[1\]\.name: warning: found monitoring-hots, .*; did you mean "monitoring-host"\?/,
    );
    const options = (variables: string, key = `${dir}/keys.txt`) => [
      `--decryption-key=${key}`,
      `--variables=${dir}/${variables}`,
      "-o",
      "json",
    ];
    const good = await validate(dir, ...options("site.yaml"));
    const all = JSON.parse(good.lines.join("\n"));
    assert.deepEqual(
      [good.code, all.objects, all.problems.length, all.unchecked.length],
      [0, 6, 0, 1],
    );
    const unknown = await validate(dir, ...options("empty.yaml"));
    const [problem] = JSON.parse(unknown.lines.join("\n")).problems;
    assert.equal(unknown.code, 1);
    assert.equal(problem.line, 5);
    assert.equal(problem.field, "spec.plugins[1].config.port");
    assert.match(problem.message, /found \$\{port\}, which is no variable/);
    const wrong = await validate(
      dir,
      ...options("site.yaml", `${SOPS}other.agekey`),
    );
    assert.equal(wrong.code, 1);
    assert.match(
      JSON.parse(wrong.lines.join("\n")).problems[0].message,
      /none of the keys in --decryption-key is one of these/,
    );
    for (const output of [err, ...good.lines, ...wrong.lines]) {
      assert.ok(!/hunter2|SECRET-KEY/.test(output));
    }
  });
});

Deno.test("validate refuses a file that is not UTF-8", async () => {
  await withFiles({ "workspaces/a/workspace.yaml": WORKSPACE }, async (dir) => {
    await Deno.writeFile(
      join(dir, "workspaces/a/latin.yaml"),
      new Uint8Array([0x61, 0x3a, 0x20, 0xfc, 0x0a]),
    );
    const { code, lines } = await validate(dir);
    assert.equal(code, 1);
    assert.match(lines[0]!, /latin\.yaml: is not UTF-8 text/);
  });
});

/** A Plugin that brings a kind, as YAML; `schema` is that of its spec. */
const plugin = (schema: string, group = "sensors.example.com") => `
apiVersion: plugins.faros.sh/v1alpha1
kind: Plugin
metadata: { name: thermometers }
spec:
  versions:
    - version: 1.0.0
      artifacts: [{ url: "https://example.com/a.js", digest: "sha256:${
  "0".repeat(64)
}", signature: s }]
      provides: [{ kind: Thermometer, group: ${group} }]
      kinds:
        - group: ${group}
          scope: Namespaced
          names: { kind: Thermometer, plural: thermometers }
          versions:
            - name: v1
              served: true
              storage: true
              schema: { openAPIV3Schema: { type: object, properties: { spec: ${schema} } } }
`;

const oven = (kind: string, spec: string) =>
  `apiVersion: sensors.example.com/v1
kind: ${kind}
metadata: { name: oven }
spec:
  ${spec}
`;

Deno.test("validate knows the kinds that plugins under root/ bring", async () => {
  const schema =
    "{ type: object, properties: { celsius: { type: integer, maximum: 100 } } }";
  const enabling = `${WORKSPACE}spec: { plugins: [{ name: thermometers }] }\n`;
  const files = (
    of: { workspace?: string; kind?: string; spec?: string; root?: string },
  ) => ({
    "root/plugin.yaml": of.root ?? plugin(schema),
    "workspaces/a/workspace.yaml": of.workspace ?? enabling,
    "workspaces/a/oven.yaml": oven(
      of.kind ?? "Thermometer",
      of.spec ?? "celsius: 80",
    ),
  });
  const at = "workspaces/a/oven.yaml";
  const cases: [Parameters<typeof files>[0], RegExp][] = [
    [{}, /^3 objects in 1 workspace, no errors$/],
    [{ spec: "celsius: 101" }, /oven\.yaml:5:12: spec\.celsius: .*100$/],
    [{ spec: "celcius: 1" }, /oven\.yaml:5:3: spec\.celcius: is not a known/],
    [{ kind: "Thermometr" }, /:2:7: kind: .*did you mean "Thermometer"\?$/],
    [
      { workspace: WORKSPACE },
      /:2:7: kind: Plugin thermometers brings Thermometer, and workspaces\/a\/workspace\.yaml does not enable it; add it to spec\.plugins$/,
    ],
    [
      { root: plugin("{ type: string }") },
      /root\/plugin\.yaml:\d+:\d+: spec\.versions: Version 1\.0\.0 brings Thermometer .*a property spec of type object/,
    ],
    [
      { root: plugin(schema, "apps") },
      /root\/plugin\.yaml:\d+:\d+: spec\.versions: .*Kubernetes' own/,
    ],
  ];
  for (const [of, expected] of cases) {
    await withFiles(files(of), async (dir) => {
      const { code, lines } = await validate(dir);
      assert.equal(code, lines[0]!.includes("no errors") ? 0 : 1);
      assert.match(lines[0]!, expected, `${at}: ${JSON.stringify(of)}`);
    });
  }
});
