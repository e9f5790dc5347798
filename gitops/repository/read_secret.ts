import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { KubeClient } from "../../kube/mod.ts";

/** What a Secret of namespace faros-system holds, decoded; nothing where it is not there. */
export async function readSystemSecret(
  name: string,
  options: { client: KubeClient; signal?: AbortSignal },
): Promise<Record<string, string> | undefined> {
  const { client, signal } = options;
  const secret = await client.tryGet(Secret, name, {
    namespace: SYSTEM_NAMESPACE,
    signal,
  });
  return secret && secretData(secret);
}

/** What a Secret holds, decoded. */
export function secretData(secret: KubeObject): Record<string, string> {
  const { data = {} } = secret as { data?: Record<string, string> };
  const decoder = new TextDecoder();
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      key,
      decoder.decode(Uint8Array.fromBase64(value)),
    ]),
  );
}
