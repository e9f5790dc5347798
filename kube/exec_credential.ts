import type { ClusterConfig } from "./cluster_config.ts";

/**
 * Runs the credential plugin of a cluster's user.
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 *
 * @returns The token, and when it ends in milliseconds since 1970 (`Infinity`
 * where the plugin does not say).
 */
export async function execCredential(
  config: ClusterConfig,
): Promise<{ token: string; expires: number }> {
  const exec = config.exec!;
  const apiVersion = exec.apiVersion ?? "client.authentication.k8s.io/v1";
  const info = {
    apiVersion,
    kind: "ExecCredential",
    spec: {
      interactive: false,
      cluster: exec.provideClusterInfo
        ? {
          server: config.server,
          "tls-server-name": config.tlsServerName,
          "certificate-authority-data": config.caData && btoa(config.caData),
        }
        : undefined,
    },
  };
  const fail = (why: string, cause?: unknown) => {
    const hint = exec.installHint ? `\n${exec.installHint}` : "";
    return new Error(
      `Cannot get a credential from ${exec.command}: ${why}${hint}`,
      { cause },
    );
  };
  let output;
  try {
    output = await new Deno.Command(exec.command, {
      args: exec.args ?? [],
      env: {
        ...Object.fromEntries(
          (exec.env ?? []).map(({ name, value }) => [name, value]),
        ),
        KUBERNETES_EXEC_INFO: JSON.stringify(info),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
  } catch (error) {
    throw fail((error as Error).message, error);
  }
  if (!output.success) {
    const text = new TextDecoder().decode(output.stderr).trim();
    throw fail(`it exited with ${output.code}${text && `: ${text}`}`);
  }
  let status: { token?: string; expirationTimestamp?: string } | undefined;
  try {
    status = JSON.parse(new TextDecoder().decode(output.stdout)).status;
  } catch {
    throw fail("what it printed is not JSON");
  }
  if (!status?.token) {
    throw fail(
      "it printed no status.token; client certificates from such programs are not supported",
    );
  }
  return {
    token: status.token,
    expires: Date.parse(status.expirationTimestamp ?? "") || Infinity,
  };
}
