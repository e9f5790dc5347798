import type { ClusterConfig } from "../cluster_config.ts";
import type { RequestOptions } from "../contract.ts";

/** Whether a connection failed over certificates: that of the server, or ours. */
export function distrusts(error: unknown): boolean {
  return error instanceof TypeError &&
    /certificate|UnknownIssuer|fatal alert/i.test(reasonOf(error));
}

/** An error that says what was being done, and what may help, of one that `fetch` throws. */
export function explainFailure(
  error: unknown,
  { request, config }: { request: RequestOptions; config: ClusterConfig },
): unknown {
  if (!(error instanceof TypeError)) return error;
  const why = whyUnreachable(error, {
    distrusted: config.insecureSkipTlsVerify
      ? "The kubeconfig says insecure-skip-tls-verify, which Deno can do for a whole process only: start it with --unsafely-ignore-certificate-errors, or better give the cluster's certificate-authority-data"
      : "Is certificate-authority-data of the kubeconfig that of this server?",
  });
  // Without its cause, which says nothing more and is told along in logs.
  return new Error(
    `Cannot ${request.method} ${config.server}${request.path}: ${why}`,
  );
}

/**
 * Why `fetch` got no answer, and what may help.
 *
 * @param options.distrusted What may help where the server's certificate is not trusted
 */
export function whyUnreachable(
  error: TypeError,
  { distrusted, now = Date.now() }: { distrusted: string; now?: number },
): string {
  const why = reasonOf(error);
  // An alert is the server's word about our certificate.
  if (!distrusts(error) || /fatal alert/i.test(why)) return why;
  // Devices without a battery for it start in another year.
  if (/certificate (not valid yet|expired)/i.test(why)) {
    const time = new Date(now).toISOString();
    return `${why}. Is the clock of this machine right? It says ${time}`;
  }
  return `${why}. ${distrusted}`;
}

/** Why a request got no answer, without the URL, which the message names already. */
function reasonOf(error: TypeError): string {
  const { cause, message } = error;
  return (cause instanceof Error ? cause.message : message).replace(
    /^error sending request for url \([^)]*\): (client error \(Connect\): )?(tcp connect error: )?/,
    "",
  );
}
