import assert from "node:assert/strict";
import { renderTree } from "./render_tree.ts";

Deno.test("a tree of workspaces is aligned, whatever is known of each", () => {
  assert.equal(
    renderTree({
      name: "root:faros",
      workspaces: [
        {
          name: "a",
          phase: "Ready",
          agents: { total: 12, online: 11 },
        },
        { name: "factory", phase: "Pending" },
        { name: "new", phase: "Ready", agents: { total: 0, online: 0 } },
        { name: "one", phase: "Ready", agents: { total: 1, online: 0 } },
      ],
    }),
    `root:faros
├── a         Ready     12 agents, 11 online
├── factory   Pending
├── new       Ready     0 agents
└── one       Ready     1 agent, 0 online`,
  );
  assert.equal(renderTree({ name: "host", workspaces: [] }), "host");
});
