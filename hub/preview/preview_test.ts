import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { selectPath } from "../../gitops/manifest/layout.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import { readWorkTree } from "../../gitops/source/read_work_tree.ts";
import { builtinPlugins } from "../../plugins/mod.ts";
import { preview } from "./preview.ts";
import type { Preview } from "./preview_result.ts";

const FLEET = fileURLToPath(
  new URL("../../fixtures/pull_requests/fleet", import.meta.url),
);

function edit(
  tree: SourceTree,
  edits: Record<string, (text: string) => string>,
): SourceTree {
  return {
    ...tree,
    files: tree.files.map((file) => {
      const change = edits[file.path];
      return change ? { ...file, text: change(file.text) } : file;
    }),
  };
}

Deno.test("preview() finds the same in several threads as in one", async () => {
  const base = await readWorkTree(FLEET, { select: selectPath });
  const head = edit(base, {
    "root/catalogue/wireguard.yaml": (text) =>
      text.replace("WireGuard networks", "Networks"),
    "workspaces/factory-a/plugins.yaml": (text) =>
      text.replace("51820", "51821")
        // A secret of one workspace, in a file of the other.
        .replace("kaunas-line-s3cret-key", "kaunas-n3w-s3cret"),
    "workspaces/factory-b/plugins.yaml": (text) =>
      text.replace(
        "name: host\n",
        "name: host\n  labels: { a: kaunas-n3w-s3cret }\n",
      )
        .replace("51820", "51822"),
    "workspaces/factory-b/agents.yaml": (text) =>
      text.replace("[{ name: host }", "[{ name: hosst }"),
  });
  const catalogue = await builtinPlugins();
  const run = (threads: number): Promise<Preview> =>
    preview({ base, head }, {
      catalogue,
      names: { base: "a", head: "b" },
      threads,
    });
  const [one, two] = [await run(1), await run(2)];
  const sorted = (found: Preview) =>
    Object.fromEntries(
      Object.entries(found).map(([key, value]) => [
        key,
        Array.isArray(value)
          ? value.map((item) => JSON.stringify(item)).sort()
          : value,
      ]),
    );
  assert.deepEqual(sorted(two), sorted(one));
  assert.deepEqual(
    one.problems.map(({ reason, agents }) => [reason, agents]),
    [["PluginObjectNotFound", ["mill-1"]]],
  );
  assert.ok(one.objects.some(({ kind }) => kind === "Plugin"));
  for (const found of [one, two]) {
    assert.ok(
      found.objects.some(({ kind, fields }) =>
        kind === "Monitoring" && fields.some((f) => f.after === '"(secret)"')
      ),
    );
    assert.doesNotMatch(JSON.stringify(found), /s3cret/);
  }
});
