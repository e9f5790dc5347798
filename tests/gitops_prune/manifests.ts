export const workspace = (name: string) => `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
`;

/** @param metadata more of it, as lines of YAML */
export const agent = (name: string, metadata = "") => `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: ${name}${metadata}
`;

/** `press-` and a number, from the first one to before the other. */
export const agents = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => agent(`press-${from + i}`))
    .join("---\n");

/** @param metadata more of it, as lines of YAML */
export const configMap = (name: string, value: string, metadata = "") => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}${metadata}
data: {value: "${value}"}
`;
