import type { DeviceState } from "./devices_of.ts";
import type {
  ObjectNode,
  RepositoryTree,
  WorkspaceBranch,
} from "./repository_tree.ts";

/** Names of devices that are told below an object. */
const NAMED = 5;

interface Branch {
  text: string[];
  below: Branch[];
}

/**
 * A tree as lines.
 *
 * @param limit Most objects below a workspace; 0 is all
 */
export function renderRepositoryTree(
  tree: RepositoryTree,
  { limit }: { limit: number },
): string {
  const { name, url, ready, commit, devices } = tree;
  const head = [
    name,
    url,
    ready,
    ...(commit ? [`commit ${short(commit)}`] : []),
    ...(devices ? [convergence(devices)] : []),
  ].join("   ");
  const branches: Branch[] = [
    ...(tree.root
      ? [{
        text: ["root/", count(tree.root)],
        below: objects(tree.root, { limit, hint: `--limit 0` }),
      }]
      : []),
    ...tree.workspaces.map((workspace) => workspaceBranch(workspace, limit)),
    ...(tree.more
      ? [{
        text: [`… ${tree.more} more workspaces: -w NAME, or --limit 0 for all`],
        below: [],
      }]
      : []),
  ];
  return [head, ...lines(branches, "")].join("\n");
}

function workspaceBranch(
  { name, commit, error, objects: all }: WorkspaceBranch,
  limit: number,
): Branch {
  const devices = all.flatMap(({ device }) =>
    device && !device.suspended ? device : []
  );
  return {
    text: [
      name,
      commit ? `commit ${short(commit)}` : "nothing applied",
      count(all),
      ...(devices.length ? [convergence(sum(devices))] : []),
      ...(error ? [`error: ${error}`] : []),
    ],
    below: objects(all, { limit, hint: `-w ${name} --limit 0` }),
  };
}

function objects(
  all: ObjectNode[],
  { limit, hint }: { limit: number; hint: string },
): Branch[] {
  const shown = limit ? all.slice(0, limit) : all;
  const branches = shown.map((node): Branch => ({
    text: [`${node.kind}/${node.name}`, node.state, ...about(node)],
    below: [],
  }));
  const more = all.length - shown.length;
  if (more) branches.push({ text: [`… ${more} more: ${hint}`], below: [] });
  return branches;
}

function about({ device, devices }: ObjectNode): string[] {
  if (device) {
    return [
      device.converged ? "converged" : device.reason ?? "not converged",
      device.online ? "online" : "offline",
    ];
  }
  if (!devices) return [];
  if (devices.length === 0) return ["on no device"];
  const names = devices.slice(0, NAMED).map((d) => d.name).join(", ");
  const more = devices.length > NAMED ? ", …" : "";
  return [`on ${convergence(sum(devices))}: ${names}${more}`];
}

/** `3/4 devices converged, 1 offline` */
export function convergence(
  { total, converged, offline }: {
    total: number;
    converged: number;
    offline: number;
  },
): string {
  const text = `${converged}/${total} ${
    total === 1 ? "device" : "devices"
  } converged`;
  return offline ? `${text}, ${offline} offline` : text;
}

/** Counts devices, without those whose Agents are suspended. */
export function sum(all: readonly DeviceState[]) {
  const devices = all.filter((d) => !d.suspended);
  return {
    total: devices.length,
    converged: devices.filter((d) => d.converged).length,
    offline: devices.filter((d) => !d.online).length,
  };
}

function count({ length }: { length: number }): string {
  return length === 1 ? "1 object" : `${length} objects`;
}

function short(commit: string): string {
  return commit.slice(0, 12);
}

/** Branches below each other; texts of the same place are aligned. */
function lines(branches: Branch[], indent: string): string[] {
  const widths: number[] = [];
  for (const { text } of branches) {
    // Nothing comes after the last one, which may be a whole sentence.
    text.slice(0, -1).forEach((part, i) =>
      widths[i] = Math.max(widths[i] ?? 0, part.length)
    );
  }
  return branches.flatMap(({ text, below }, i) => {
    const last = i === branches.length - 1;
    const line = text.map((part, j) => part.padEnd(widths[j] ?? 0)).join("   ");
    return [
      `${indent}${last ? "└──" : "├──"} ${line.trimEnd()}`,
      ...lines(below, `${indent}${last ? "    " : "│   "}`),
    ];
  });
}
