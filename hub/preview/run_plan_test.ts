import assert from "node:assert/strict";
import type { Repository } from "../../api/repository.ts";
import type { SourceTree } from "../../gitops/source/read_tree.ts";
import { PlanError, runPlan } from "./run_plan.ts";

const workspace =
  "apiVersion: tenancy.faros.sh/v1alpha1\nkind: Workspace\nmetadata: {name: a}\n";
const agent = (name: string) =>
  `apiVersion: edge.faros.sh/v1alpha1\nkind: Agent\nmetadata: {name: ${name}}\nspec: {}\n`;

function tree(commit: string, files: Record<string, string>): SourceTree {
  return {
    commit: commit.repeat(40),
    files: Object.entries(files).map(([path, text]) => ({
      path,
      text,
      oid: `${commit}${path}`,
    })) as SourceTree["files"],
    refused: [],
  };
}

const repository = {
  metadata: { name: "fleet" },
  spec: {
    url: "https://git.example.org/acme/fleet.git",
    substitute: { variables: { line: "press" } },
  },
} as unknown as Repository;
const base = tree("a", { "workspaces/a/workspace.yaml": workspace });

Deno.test("runPlan() plans in a Worker that may do nothing else", async () => {
  const head = tree("b", {
    "workspaces/a/workspace.yaml": workspace,
    // By a variable of the Repository.
    "workspaces/a/agents.yaml": agent('"${line}-1"'),
  });
  const request = { base, head, repository, catalogue: [] };
  const { ok, summary, markdown } = await runPlan(request);
  assert.ok(ok, markdown);
  assert.equal(summary, "1 object changed, 1 device changed");
  assert.match(markdown, /press-1/);
  await assert.rejects(
    runPlan(request, { timeout: 0 }),
    (error) => error instanceof PlanError && /longer than/.test(error.message),
  );
});

Deno.test("runPlan() tells errors of the head, and refuses what is too large", async () => {
  const broken = tree("b", {
    "workspaces/a/workspace.yaml": workspace,
    "workspaces/a/agents.yaml": agent("press").replace("spec", "spce"),
  });
  const options = { base, repository, catalogue: [] };
  const { ok, summary } = await runPlan({ ...options, head: broken });
  assert.ok(!ok);
  assert.match(summary, /^\d errors?/);
  const large = tree("b", { "root/a.yaml": "x".repeat(33 << 20) });
  await assert.rejects(runPlan({ ...options, head: large }), /it has 33 MiB/);
});
