import type { WorkspaceTree } from "./workspace_tree.ts";

/** A tree as lines, its columns aligned. */
export function renderTree({ name, workspaces }: WorkspaceTree): string {
  const width = (of: (node: typeof workspaces[number]) => string) =>
    Math.max(0, ...workspaces.map((node) => of(node).length));
  const names = width((node) => node.name);
  const phases = width((node) => node.phase);
  return [
    name,
    ...workspaces.map((node, i) =>
      [
        i === workspaces.length - 1 ? "└──" : "├──",
        ` ${node.name.padEnd(names)}   ${node.phase.padEnd(phases)}   `,
        describe(node.agents),
      ].join("").trimEnd()
    ),
  ].join("\n");
}

function describe(agents: { total: number; online: number } | undefined) {
  if (!agents) return "";
  const { total, online } = agents;
  const word = total === 1 ? "agent" : "agents";
  return `${total} ${word}${total ? `, ${online} online` : ""}`;
}
