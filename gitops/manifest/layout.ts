/** Which part of a repository a file belongs to. */
export type Part =
  | { scope: "root" }
  | { scope: "workspace"; workspace: string };

/**
 * The part that a path belongs to; none where it is not looked at: outside the
 * known folders, or with a name that starts with a dot.
 */
export function partOf(path: string): Part | undefined {
  const segments = path.split("/");
  if (segments.some((segment) => segment.startsWith("."))) return undefined;
  if (segments[0] === "root" && segments.length > 1) return { scope: "root" };
  if (segments[0] === "workspaces" && segments.length > 2) {
    return { scope: "workspace", workspace: segments[1]! };
  }
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
