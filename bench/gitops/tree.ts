/** Where the manifests of a tree of `n` are applied. */
export function namespaceOf(n: number): string {
  return `bench-${n}`;
}

/** The files of a workspace with `n` ConfigMaps, one each, below the repository's top. */
export function tree(n: number, value: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (let i = 0; i < n; i++) files[fileOf(n, i)] = manifest(i, value);
  return files;
}

/** The file of one of them. */
export function fileOf(n: number, i: number): string {
  return `workspaces/${namespaceOf(n)}/config-${i}.yaml`;
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

/** The Workspace itself. */
export function workspaceFiles(n: number): Record<string, string> {
  const name = namespaceOf(n);
  return {
    [`workspaces/${name}/workspace.yaml`]:
      `apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`,
  };
}
