import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { makeGitRepository } from "../../tests/gitops/git_repository.ts";
import { findSides } from "./find_sides.ts";

Deno.test("findSides() tells who approves, after the CODEOWNERS of the forge", async () => {
  await using git = await makeGitRepository();
  const work = join(dirname(git.path), "work");
  const base = await git.push({
    "workspaces/a/agents.yaml": "",
    "CODEOWNERS": "/workspaces/ @github\nworkspaces/.* @gitea\n",
    ".gitea/CODEOWNERS": ".* @elsewhere\n",
  });
  const head = await git.push({ "workspaces/a/agents.yaml": "# more\n" });
  const approvals = async (isGitea: boolean) =>
    (await findSides(work, { base, head, isGitea })).approvals([]);
  const files = ["workspaces/a/agents.yaml"];
  assert.deepEqual(await approvals(false), [{ owners: ["@github"], files }]);
  assert.deepEqual(await approvals(true), [{ owners: ["@gitea"], files }]);

  const without = await git.push({ "CODEOWNERS": null });
  const after = await git.push({ "workspaces/a/agents.yaml": "# yet more\n" });
  const sides = await findSides(work, { base: without, head: after });
  assert.deepEqual(
    sides.approvals([]),
    [{ owners: ["@elsewhere"], files }],
    "a folder of Gitea's is known for what it is",
  );
});
