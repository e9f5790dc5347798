/** What a kubeconfig is made of. */
export interface KubeconfigOptions {
  /** `https://127.0.0.1:6443` */
  url: string;
  /** PEM of the certificate authority. */
  caData?: string;
  token: string;
  /** Name of cluster, user and context. */
  name: string;
  /** Namespace of the context. */
  namespace?: string;
}

/** A kubeconfig with one context, as YAML. */
export function kubeconfig(options: KubeconfigOptions): string {
  const { url, caData, token, name, namespace } = options;
  const cluster = {
    server: url,
    ...(caData ? { "certificate-authority-data": btoa(caData) } : {}),
  };
  const context = {
    cluster: name,
    user: name,
    ...(namespace ? { namespace } : {}),
  };
  const text = (value: string) => JSON.stringify(value);
  const entries = (of: Record<string, string>) =>
    Object.entries(of).map(([key, value]) => `    ${key}: ${text(value)}`);
  return [
    "apiVersion: v1",
    "kind: Config",
    `current-context: ${text(name)}`,
    "clusters:",
    `- name: ${text(name)}`,
    "  cluster:",
    ...entries(cluster),
    "users:",
    `- name: ${text(name)}`,
    "  user:",
    ...entries({ token }),
    "contexts:",
    `- name: ${text(name)}`,
    "  context:",
    ...entries(context),
    "",
  ].join("\n");
}
