import assert from "node:assert/strict";
import { readFolder } from "./read_folder.ts";
import { fetchSource } from "./source.ts";
import { makeRepository } from "./testing/repository.ts";

const PATTERNS: Record<string, string> = {
  "": "*.bak\n!keep.bak\n/top\nlogs/\n# comment\n\\#hash\nx y\nmid/*.yaml\n",
  a: "!b.bak\n/own\n*.tmp\nsub/z\n",
  "a/deep": "!*.tmp\n!q\n",
  "a b[c]": "n\n",
  logs: "!in\n",
};
const FILES = [
  ...["t.bak", "keep.bak", "top", "d/top", "logs/in", "d/logs/in", "#hash"],
  ...["x y", "mid/m.yaml", "mid/n/m.yaml", "d/mid/m.yaml", "T.BAK"],
  ...["a/b.bak", "a/c.bak", "a/own", "a/d/own", "a/e.tmp", "own", "e.tmp"],
  ...["a/sub/z", "a/d/sub/z", "a/deep/e.tmp", "a/deep/q", "a/deep/f.bak"],
  ...["a b[c]/n", "a b[c]/o", "n"],
];

Deno.test("what .farosignore files leave out is what git leaves out by .gitignore", async () => {
  await using repo = await makeRepository();
  const { work, git } = repo;
  const files: Record<string, string> = {};
  for (const name of FILES) files[name] = "";
  for (const [folder, text] of Object.entries(PATTERNS)) {
    files[`${folder ? `${folder}/` : ""}.farosignore`] = text;
  }
  await repo.push(files);
  // git itself, with the same patterns under its own name.
  for (const [folder, text] of Object.entries(PATTERNS)) {
    await Deno.writeTextFile(`${work}/${folder}/.gitignore`, text);
  }
  const taken = await git(
    ...["ls-files", "-z", "--cached", "--others"],
    ...["--exclude-per-directory=.gitignore"],
  );
  const ignored = await git(
    ...["ls-files", "-z", "--cached", "--ignored"],
    ...["--exclude-per-directory=.gitignore"],
  );
  const list = (text: string) =>
    text.split("\0").filter((f) => FILES.includes(f));
  const expected = list(taken).filter((f) => !list(ignored).includes(f)).sort();
  assert.ok(expected.length > 5 && expected.length < FILES.length);
  const select = (path: string) => !path.endsWith(".farosignore");
  const { tree } = await fetchSource({ url: repo.path }, {
    stateDir: `${repo.dir}/state`,
    name: "fleet",
    select,
  });
  assert.deepEqual(tree.files.map((f) => f.path).sort(), expected);
  const folder = await readFolder(work, { select });
  assert.deepEqual(folder.files.map((f) => f.path).sort(), expected);
});

Deno.test("a .farosignore that cannot be read is refused, rather than left out", async () => {
  await using repo = await makeRepository();
  await Deno.symlink("/etc/passwd", `${repo.work}/.farosignore`);
  await repo.push({ "a.yaml": "" });
  const { tree } = await fetchSource({ url: repo.path }, {
    stateDir: `${repo.dir}/state`,
    name: "fleet",
    select: () => false,
  });
  assert.deepEqual(tree.refused, [
    { path: ".farosignore", reason: "is no regular file" },
  ]);
  const folder = await readFolder(repo.work, { select: () => false });
  assert.deepEqual(folder.refused, tree.refused);
});

Deno.test("a .farosignore that would take for ever, or cannot be read, is refused", async () => {
  await using repo = await makeRepository();
  const long = `${"a".repeat(240)}.yaml`;
  const text = {
    // A path that does not match is looked at in as many ways as there are
    // places for each star.
    stars: `ok\n${"*a".repeat(20)}b\n`,
    folders: `${"**/a/".repeat(20)}b\n`,
    many: "x\n".repeat(1001),
    range: "ok\n!\\[a[\n",
  };
  await repo.push({
    "a.yaml": "",
    [long]: "",
    [`stars/${long}`]: "",
    "stars/.farosignore": text.stars,
    [`${"folders/".padEnd(90, "a/")}${long}`]: "",
    "folders/.farosignore": text.folders,
    "many/.farosignore": text.many,
    "range/.farosignore": text.range,
    // What people write.
    ".farosignore": "*secret*\n**/drafts/**\n*.bak.*\n",
    "drafts/b.yaml": "",
  });
  const select = (path: string) => path.endsWith(".yaml");
  const { tree } = await fetchSource({ url: repo.path }, {
    stateDir: `${repo.dir}/state`,
    name: "fleet",
    select,
  });
  for (
    const { refused, files } of [tree, await readFolder(repo.work, { select })]
  ) {
    assert.equal(files.length, 4);
    assert.deepEqual(refused.map(({ path }) => path).sort(), [
      "folders/.farosignore",
      "many/.farosignore",
      "range/.farosignore",
      "stars/.farosignore",
    ]);
    const reasons = refused.map(({ reason }) => reason).join("\n");
    assert.match(reasons, /"\*a\*a[^"]*", with more than 2 "\*"/);
    assert.match(reasons, /more than 2 "\*\*"/);
    assert.match(reasons, /more than 1000/);
    assert.match(reasons, /a\[", which cannot be read/);
  }
});
