/** Which part of a repository a file belongs to. */
export type Part =
  | { scope: "root" }
  | { scope: "workspace"; workspace: string };

const WORKSPACES = "workspaces/";

/**
 * The part that a path belongs to; none where it is not looked at: outside the
 * known folders, or with a name that starts with a dot.
 */
export function partOf(path: string): Part | undefined {
  if (path.startsWith(".") || path.includes("/.")) return undefined;
  if (path.startsWith("root/")) return { scope: "root" };
  if (!path.startsWith(WORKSPACES)) return undefined;
  const end = path.indexOf("/", WORKSPACES.length);
  if (end < 0) return undefined;
  return { scope: "workspace", workspace: path.slice(WORKSPACES.length, end) };
}

/** Whether something in a repository matters: manifests, and links that could lead to some. */
export function selectPath(path: string, what: "file" | "link"): boolean {
  if (what === "link") return /^(root|workspaces)(\/[^.][^/]*)*$/.test(path);
  return /(\.(ya?ml|json)|\/Kustomization)$/.test(path) &&
    partOf(path) !== undefined;
}

/** The manifest of a Workspace. */
export function workspaceFile(workspace: string): string {
  return `workspaces/${workspace}/workspace.yaml`;
}
