import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { hasKustomize } from "../../gitops/testing/has_program.ts";
import type { Preview } from "../../hub/preview/preview_result.ts";
import { bufferIo } from "../io.ts";
import { main } from "../main.ts";

async function write(dir: string, files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(dir, path)), { recursive: true });
    await Deno.writeTextFile(join(dir, path), text);
  }
}

async function git(dir: string, ...args: string[]) {
  const name = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-C", dir, ...name, ...args],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function plan(dir: string): Promise<{ code: number; result: Preview }> {
  const io = bufferIo();
  const code = await main(["plan", "-o", "json", dir], { io });
  assert.equal(io.stderr, "");
  return { code, result: JSON.parse(io.stdout) };
}

const workspace = (name: string) =>
  `{apiVersion: tenancy.faros.sh/v1alpha1, kind: Workspace, metadata: {name: ${name}}}\n`;
const BASE = `apiVersion: v1
kind: ConfigMap
metadata: { name: site }
data:
  mtu: "1400"
`;

Deno.test({
  name:
    "plan builds kustomizations of both sides, and sees a base that all share",
  ignore: !await hasKustomize(),
  async fn() {
    const dir = await Deno.makeTempDir({ prefix: "faros-plan-" });
    try {
      await git(dir, "init", "-q", "-b", "main");
      await write(dir, {
        "bases/site/kustomization.yaml": "resources: [site.yaml]\n",
        "bases/site/site.yaml": BASE,
        "workspaces/a/workspace.yaml": workspace("a"),
        "workspaces/a/kustomization.yaml": "resources: [../../bases/site]\n",
        "workspaces/b/workspace.yaml": workspace("b"),
        "workspaces/b/x/kustomization.yaml":
          "resources: [../../../bases/site]\nnamePrefix: b-\n",
        "workspaces/c/workspace.yaml": workspace("c"),
      });
      await git(dir, "add", "-A");
      await git(dir, "commit", "-q", "-m", "The fleet");
      const same = await plan(dir);
      assert.deepEqual([same.code, same.result.objects], [0, []]);

      await write(dir, {
        "bases/site/site.yaml": BASE.replace("1400", "1280"),
      });
      const { code, result } = await plan(dir);
      assert.deepEqual([code, result.problems], [2, []]);
      assert.deepEqual(
        result.objects.map((object) => [
          object.workspace,
          object.kind,
          object.name,
          object.fields?.[0]?.field,
          object.fields?.[0]?.after,
        ]),
        [
          ["a", "ConfigMap", "site", "data.mtu", '"1280"'],
          ["b", "ConfigMap", "b-site", "data.mtu", '"1280"'],
        ],
      );

      // One that reaches out is an error, and prunes nothing.
      await write(dir, {
        "workspaces/a/kustomization.yaml":
          "resources: [../../../etc, https://example.org/x.yaml]\n",
      });
      const hostile = await plan(dir);
      assert.equal(hostile.code, 1);
      assert.deepEqual(
        hostile.result.problems.map(({ file, line, column, severity }) => [
          file,
          line,
          column,
          severity,
        ]),
        [
          ["workspaces/a/kustomization.yaml", 1, 13, "error"],
          ["workspaces/a/kustomization.yaml", 1, 27, "error"],
        ],
      );
      assert.ok(
        hostile.result.objects.every(({ workspace }) => workspace !== "a"),
      );
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});
