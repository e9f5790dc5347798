import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { startEnvironment } from "./gitops/environment.ts";

const workspace = (name: string) => `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`;
const agent = (name: string, spec = "{}") => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: ${name}
spec: ${spec}
`;

Deno.test("a commit is applied, the next one too, and what it drops is pruned", async () => {
  await using env = await startEnvironment();
  const { git, client } = env;
  const first = await git.push({
    "workspaces/a/workspace.yaml": workspace("a"),
    "workspaces/a/agents.yaml": [agent("press-1"), agent("press-2")]
      .join("---\n"),
  });
  await env.follow();
  const status = await env.applied(first);
  assert.equal(status.objects?.total, 3);
  const second = await git.push({
    "workspaces/a/agents.yaml": agent("press-1", "{paused: true}"),
  });
  await env.applied(second);
  const agents = await client.list(Agent, { namespace: "a" });
  assert.deepEqual(agents.items.map((a) => a.metadata.name), ["press-1"]);
});
