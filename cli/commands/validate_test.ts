import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";

const FLEET = new URL("../../fixtures/fleet", import.meta.url).pathname;

async function validate(path: string) {
  const io = bufferIo();
  const code = await main(["validate", path], { io });
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
