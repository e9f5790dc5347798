import { Secret } from "../api/core.ts";
import { SYSTEM_NAMESPACE } from "../api/names.ts";
import type { KubeClient } from "../kube/client.ts";
import { KubeApiError } from "../kube/kube_api_error.ts";
import { NotReady } from "./http/not_ready.ts";
import { KEYS_SECRET } from "./keys/key_secret.ts";

/** How long the Kubernetes API may take, in milliseconds. */
const PATIENCE = 5000;

/**
 * Makes sure that the hub can work with the Kubernetes API.
 *
 * @throws {NotReady} what is the matter with it
 */
export async function checkEngine(client: KubeClient): Promise<void> {
  try {
    await client.get(Secret, KEYS_SECRET, {
      namespace: SYSTEM_NAMESPACE,
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch (error) {
    throw new NotReady(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof KubeApiError) {
    switch (error.code) {
      case 401:
        return "the Kubernetes API does not accept the hub's credentials; once there are valid ones in its kubeconfig, it goes on by itself";
      case 403:
        return "the Kubernetes API forbids the hub what it needs";
      default:
        return `the Kubernetes API answers ${error.code} ${error.reason}`;
    }
  }
  return (error as Error).name === "TimeoutError"
    ? `the Kubernetes API does not answer within ${PATIENCE / 1000} s`
    : "the Kubernetes API cannot be reached";
}
