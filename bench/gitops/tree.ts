/** The files of a workspace with `n` ConfigMaps, one each, below the repository's top. */
export function tree(
  workspace: string,
  { n, value }: { n: number; value: string },
): Record<string, string> {
  const files: Record<string, string> = {};
  for (let i = 0; i < n; i++) files[fileOf(workspace, i)] = manifest(i, value);
  return files;
}

/** The file of one of them. */
export function fileOf(workspace: string, i: number): string {
  return `workspaces/${workspace}/config-${i}.yaml`;
}

/** A manifest. */
export function manifest(i: number, value: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: config-${i}
data:
  value: ${value}
  text: ${"x".repeat(200)}
`;
}

/** The file of the Workspace itself. */
export function workspaceFile(name: string): Record<string, string> {
  return {
    [`workspaces/${name}/workspace.yaml`]:
      `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`,
  };
}
