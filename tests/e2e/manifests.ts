/** Manifests of a site, as files of its folder. */

/** A file's path in a workspace's folder. */
export function inWorkspace(workspace: string, file: string): string {
  return `workspaces/${workspace}/${file}`;
}

/** What each site of the suite starts with. */
export function siteFiles(
  workspace: string,
  options: { agents: readonly string[]; interval?: string },
): Record<string, string> {
  return {
    [inWorkspace(workspace, "workspace.yaml")]: workspaceManifest(workspace),
    [inWorkspace(workspace, "registration.yaml")]: `
apiVersion: edge.faros.sh/v1alpha1
kind: Registration
metadata:
  name: line
`,
    [inWorkspace(workspace, "monitoring.yaml")]: monitoringManifest(
      options.interval ?? "10s",
    ),
    ...Object.fromEntries(
      options.agents.map((name) => [
        inWorkspace(workspace, `${name}.yaml`),
        agentManifest(name),
      ]),
    ),
  };
}

function workspaceManifest(name: string): string {
  return `
apiVersion: tenancy.faros.sh/v1alpha1
kind: Workspace
metadata:
  name: ${name}
spec:
  description: A site
  plugins:
    - name: monitoring-host
      permissions:
        net: [127.0.0.1]
        sys: [cpus, loadavg, osUptime, statfs, systemMemoryInfo]
        read:
          - /proc/diskstats
          - /proc/net/dev
          - /proc/self/mounts
          - /sys/class/thermal
`;
}

/** What the devices measure, how often. */
export function monitoringManifest(interval: string): string {
  return `
apiVersion: plugins.faros.sh/v1alpha1
kind: Monitoring
metadata:
  name: host
spec:
  type: host
  config:
    interval: ${interval}
    listen: 127.0.0.1:0
`;
}

/** A device that measures. */
export function agentManifest(name: string): string {
  return `
apiVersion: edge.faros.sh/v1alpha1
kind: Agent
metadata:
  name: ${name}
spec:
  plugins:
    - name: host
`;
}

/** A ConfigMap, where any object does. */
export function configMapManifest(name: string, value: string): string {
  return `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  value: ${JSON.stringify(value)}
`;
}
