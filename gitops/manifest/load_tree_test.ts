import assert from "node:assert/strict";
import type { SourceFile } from "../source/read_tree.ts";
import { allProblems, loadTree } from "./load_tree.ts";
import { formatProblem } from "./problem.ts";
import { validateTree } from "./validate_tree.ts";

const files = (content: Record<string, string>) => ({
  commit: "c",
  files: Object.entries(content).map(([path, text]): SourceFile => ({
    path,
    oid: text,
    text,
  })),
  refused: [],
});

const WORKSPACE =
  "{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: a}}";

/**
 * Golden files: `testdata/errors/NAME.txt` holds files, each after a line
 * `-- path --`, and the problems expected after `-- problems --`. With
 * FAROS_UPDATE_GOLDEN=1 the last is written anew.
 */
for (
  const { name } of [...Deno.readDirSync(
    new URL("../testdata/errors", import.meta.url),
  )].sort((a, b) => a.name < b.name ? -1 : 1)
) {
  Deno.test(`validateTree(): ${name.replace(/\.txt$/, "")}`, async () => {
    const path = new URL(`../testdata/errors/${name}`, import.meta.url);
    const parts = (await Deno.readTextFile(path)).split(/^-- (.+) --\n/m);
    const content: Record<string, string> = {};
    for (let i = 1; i < parts.length; i += 2) {
      content[parts[i]!] = parts[i + 1]!;
    }
    const { problems: expected = "", ...sources } = content;
    const { problems } = await validateTree(files(sources));
    const found = problems.map((problem) => `${formatProblem(problem)}\n`)
      .join("");
    if (Deno.env.get("FAROS_UPDATE_GOLDEN")) {
      const text = Object.entries({ ...sources, problems: found })
        .map(([file, body]) => `-- ${file} --\n${body}`).join("");
      return await Deno.writeTextFile(path, text);
    }
    assert.equal(found, expected);
  });
}

Deno.test("loadTree() takes the manifests of the original README as written", () => {
  const manifests = loadTree(files({
    "workspaces/foo/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: {name: foo}
spec:
  description: Edge
  members: [ada@example.org]
`,
    "workspaces/foo/plugins.yaml": `
apiVersion: plugins.faros.sh/v1alpha1
kind: Network
metadata: {name: wireguard}
spec:
  type: wireguard
  config:
    privateKey: abc
    listenPort: 51820
    peers:
    - {publicKey: def, allowedIPs: 10.0.0.0/8}
---
apiVersion: plugins.faros.sh/v1alpha1
kind: ContainerRuntime
metadata: {name: docker-runtime}
spec: {type: docker}
---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: {name: foo1}
spec:
  plugins:
  - name: wireguard
    config: |
      listenPort: 51821
  - name: docker-runtime
    config: {version: "27"}
`,
  }));
  assert.deepEqual(allProblems(manifests), []);
  const foo = manifests.workspaces.get("foo")!;
  assert.deepEqual(foo.manifests.map((m) => [m.object.kind, m.line]), [
    ["Network", 2],
    ["ContainerRuntime", 13],
    ["Agent", 18],
  ]);
});

Deno.test("loadTree() keeps a fault to the workspace it is in", () => {
  const workspace = (name: string) =>
    `{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: ${name}}}`;
  const { root, workspaces, problems } = loadTree(files({
    "README.md": "# not read",
    "workspaces/a/workspace.yaml": workspace("a"),
    "workspaces/a/x.yaml": "{",
    "workspaces/b/workspace.yaml": workspace("b"),
    "workspaces/b/.github/x.yaml": "{",
    "other/x.yaml": "{",
  }));
  assert.deepEqual(problems, []);
  assert.deepEqual(root.problems, []);
  assert.equal(workspaces.get("a")!.problems.length, 1);
  assert.deepEqual(workspaces.get("b")!.problems, []);
});

Deno.test("loadTree() takes what editors on other systems write", () => {
  const lines = [
    "apiVersion: edge.faros.sh/v1alpha1",
    "kind: Agent",
    "metadata: {name: press-1}",
    "spec: {plugns: []}",
  ];
  for (
    const text of [
      lines.join("\r\n"),
      `\ufeff${lines.join("\n")}\n`,
      `${lines.join("\r\n")}\r\n---\r\n...\r\n`,
    ]
  ) {
    const found = allProblems(loadTree(files({
      "workspaces/a/workspace.yaml": WORKSPACE,
      "workspaces/a/agents.yaml": text,
    })));
    assert.deepEqual(found.map(formatProblem), [
      'workspaces/a/agents.yaml:4:8: spec.plugns: is not a known field; did you mean "plugins"?',
    ]);
  }
});

Deno.test("loadTree() ends on whatever is nested or wide without end", () => {
  for (
    const text of [
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wide}\ndata:\n${
        Array.from({ length: 15_000 }, (_, i) => ` k${i}: ${i}`).join("\n")
      }`,
      "[".repeat(10_000) + "]".repeat(10_000),
      "{a: ".repeat(10_000),
      `${"- ".repeat(10_000)}x`,
      `{"a":`.repeat(10_000),
      `spec: ${"[".repeat(200)}${"]".repeat(200)}`,
    ]
  ) {
    for (const name of ["x.yaml", "x.json"]) {
      const found = allProblems(loadTree(files({
        "workspaces/a/workspace.yaml": WORKSPACE,
        [`workspaces/a/${name}`]: text,
      })));
      assert.ok(found.length >= 1 && found.length <= 51, String(found.length));
      assert.ok(found.every((problem) => problem.message.length < 500));
    }
  }
});

Deno.test("loadTree() warns of a Secret in plain text, once and without its value", () => {
  const { workspaces } = loadTree(files({
    "workspaces/a/workspace.yaml": WORKSPACE,
    "workspaces/a/secret.yaml":
      `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: hunter2, b: x, c: ""}}`,
    "workspaces/a/empty.yaml":
      `{apiVersion: v1, kind: Secret, metadata: {name: to-be-filled}}`,
  }));
  const { warnings, problems } = workspaces.get("a")!;
  assert.deepEqual(problems, []);
  assert.equal(warnings?.length, 1);
  assert.match(
    formatProblem(warnings[0]!),
    /^workspaces\/a\/secret\.yaml:1:24: Secret s stands in Git in plain text \(a, b\)/,
  );
});

Deno.test("loadTree() turns data into what the API server stores, however it is written", () => {
  const { workspaces } = loadTree(files({
    "workspaces/a/secret.yaml":
      `{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: "ü"}, data: {b: Yg==}}`,
    "workspaces/a/lines.yaml":
      "{apiVersion: v1, kind: Secret, metadata: {name: t}, data: {b: 'YWJj\n\n  ZGVm'}}",
    "workspaces/a/bytes.yaml":
      "{apiVersion: v1, kind: ConfigMap, metadata: {name: t}, binaryData: {b: YR==}}",
  }));
  const stored = workspaces.get("a")!.manifests.map(({ object }) => {
    const { data, binaryData } = object as unknown as Record<string, unknown>;
    return data ?? binaryData;
  });
  assert.deepEqual(stored, [
    { b: "YQ==" },
    { b: "YWJjZGVm" },
    { b: "Yg==", a: "w7w=" },
  ]);
});

Deno.test("loadTree() reads an anchor however often it is used, and no more aliases than it can look up", () => {
  const map = (metadata: string) =>
    `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${metadata}}, data: `;
  const list = (uses: number, use: string) =>
    `apiVersion: v1\nkind: List\nitems:\n- ${map("first")}&site {a: b}}\n` +
    Array.from({ length: uses }, (_, i) => `- ${map(`m${i}`)}${use}}\n`).join(
      "",
    );
  const load = (text: string) =>
    loadTree(files({
      "workspaces/a/workspace.yaml": WORKSPACE,
      "workspaces/a/list.yaml": text,
    })).workspaces.get("a")!;
  const { manifests, problems } = load(list(500, "*site"));
  assert.deepEqual(problems, []);
  assert.equal(manifests.length, 501);
  assert.deepEqual(
    (manifests.at(-1)!.object as unknown as { data: unknown }).data,
    { a: "b" },
  );
  const many = load(`a: &x []\nb: [${"*x,".repeat(20_000)}]\n`);
  assert.match(many.problems[0]!.message, /found 20000 aliases/);
  // Each of 1000 merges copies 1000 fields.
  const fields = Array.from({ length: 1000 }, (_, i) => `k${i}: 1`);
  const large = load(
    `a: &x {${fields}}\nb: {<<: [${Array(1000).fill("*x")}]}\n`,
  );
  assert.match(large.problems[0]!.message, /more than 500000 values/);
});

Deno.test("loadTree() takes a kind for a kind, whatever JavaScript has of its name", () => {
  for (
    const kind of ["constructor", "toString", "__proto__", "hasOwnProperty"]
  ) {
    const { workspaces } = loadTree(files({
      "workspaces/a/workspace.yaml": WORKSPACE,
      "workspaces/a/x.yaml":
        `{apiVersion: v1, kind: ${kind}, metadata: {name: x, labels: {${
          kind === "__proto__" ? "a" : kind
        }: b}}}`,
    }));
    const { manifests, problems } = workspaces.get("a")!;
    assert.deepEqual(problems, []);
    assert.deepEqual(manifests.map(({ object }) => object.kind), [kind]);
  }
});

Deno.test("loadTree() reads no more values than it can keep, and refuses the sets that have the rest", () => {
  const map = (name: string) =>
    `{apiVersion: v1, kind: ConfigMap, metadata: {name: ${name}}, data: {k: v}}`;
  const named = (name: string) => WORKSPACE.replace("name: a", `name: ${name}`);
  const tree = files({
    "workspaces/a/one.yaml": map("one"),
    "workspaces/a/workspace.yaml": WORKSPACE,
    "workspaces/b/one.yaml": map("one"),
    "workspaces/b/two.yaml": map("two"),
    "workspaces/b/workspace.yaml": named("b"),
    "workspaces/c/one.yaml": map("one"),
    "workspaces/c/two.yaml": map("two"),
    "workspaces/c/workspace.yaml": named("c"),
  });
  // A ConfigMap is seven of them, a Workspace five, and each file one more.
  const { workspaces, problems } = loadTree(tree, { mostValues: 24 });
  assert.deepEqual(problems, []);
  const said = [...workspaces].map(([name, set]) => [
    name,
    set.problems.map(({ file, message }) => `${file} ${message.slice(0, 11)}`),
  ]);
  assert.deepEqual(said, [
    ["a", []],
    ["b", [
      "workspaces/b/two.yaml is not read",
      "workspaces/b/workspace.yaml is not read",
    ]],
    ["c", [
      "workspaces/c/one.yaml is not read",
      "workspaces/c/workspace.yaml is not read",
    ]],
  ]);
  assert.match(
    workspaces.get("c")!.problems[0]!.message,
    /: up to here the files have more than 24 values in all; split the repo/,
  );
  const all = loadTree(tree, { mostValues: 1000 });
  assert.deepEqual(allProblems(all), []);
});
