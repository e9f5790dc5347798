import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readWorkTree } from "./read_work_tree.ts";

const CONTENT = {
  ".farosignore": "drafts/\n",
  "a/.farosignore": "old/\nnotes.yaml\n!keep.yaml\n",
  "a/agents.yaml": "",
  "a/keep.yaml": "",
  "a/notes.yaml": "",
  "a/Old/agents.yaml": "",
  "a/old/agents.yaml": "",
  "b/old/agents.yaml": "",
  "b/drafts/agents.yaml": "",
};

Deno.test("readWorkTree() leaves out what the .farosignore of any folder says, as of a commit", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(CONTENT)) {
      await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
      await Deno.writeTextFile(join(folder, path), text);
    }
    const expected = [
      "a/Old/agents.yaml",
      "a/agents.yaml",
      "a/keep.yaml",
      "b/old/agents.yaml",
    ];
    // As git lists them, and without it.
    for (const files of [Object.keys(CONTENT), undefined]) {
      const tree = await readWorkTree(folder, {
        select: (path) => path.endsWith(".yaml"),
        ...(files ? { files } : {}),
      });
      assert.deepEqual(tree.files.map((file) => file.path), expected);
      assert.deepEqual(tree.refused, []);
    }
    await Deno.writeTextFile(join(folder, "a/.farosignore"), "*a*b*\n");
    const { refused: [refused] } = await readWorkTree(folder, {
      select: (path) => path.endsWith(".yaml"),
    });
    assert.equal(refused?.path, "a/.farosignore");
    assert.match(refused.reason, /has the pattern "\*a\*b\*"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
