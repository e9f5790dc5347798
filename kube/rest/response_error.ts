import type { RequestOptions } from "../contract.ts";
import { KubeApiError, type Status } from "../kube_api_error.ts";

/** Reads what an answer says that is not ok: the server's, or a proxy's. */
export async function responseError(
  response: Response,
  request: RequestOptions,
): Promise<KubeApiError> {
  const text = await response.text();
  let status: Status = {};
  try {
    const value = JSON.parse(text);
    if (value?.kind === "Status") status = value;
  } catch {
    // a proxy's page, most likely
  }
  if (!status.message) {
    const line = text.trim().split("\n")[0]!.slice(0, 200);
    status = {
      ...status,
      message: `the server answered ${response.status}${line && `: ${line}`}`,
    };
  }
  const after = response.headers.get("retry-after");
  return new KubeApiError(status, {
    code: response.status,
    // Seconds; Kubernetes never sends the form with a date.
    retryAfterSeconds: after && /^\d+$/.test(after) ? Number(after) : undefined,
    request,
  });
}
