/** The fleet as the first commit has it. */
export const files = {
  "fleet/workspaces/north/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: { name: north }
spec: {}
`,
  "fleet/workspaces/north/devices.yaml": `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-1 }
---
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata: { name: press-2 }
spec: { plugins: [{ name: host }] }
---
apiVersion: plugins.faros.sh/v1alpha1
kind: Monitoring
metadata: { name: host }
spec: { type: host, config: { interval: 10s } }
`,
  "fleet/workspaces/south/workspace.yaml": `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata: { name: south }
spec: {}
`,
  "fleet/workspaces/south/settings.yaml": `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { speed: slow }
---
apiVersion: v1
kind: Secret
metadata: { name: door }
stringData: { code: hunter2 }
`,
};

/** Where its devices are. */
export const devices = "fleet/workspaces/north/devices.yaml";
/** The devices as the second commit has them. */
export const moved = `# moved down\n${files[devices].replace("10s", "5s")}`;
