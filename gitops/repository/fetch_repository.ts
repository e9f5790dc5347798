import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import { selectPath } from "../manifest/layout.ts";
import type { SecretData } from "../source/credentials.ts";
import { type Fetched, fetchSource } from "../source/source.ts";

/** Fetches what a Repository asks for. @throws where that cannot be had, saying why */
export async function fetchRepository(
  repository: Repository,
  options: {
    client: KubeClient;
    stateDir: string;
    previous?: Fetched;
    signal?: AbortSignal;
  },
): Promise<Fetched> {
  const { spec, metadata: { name } } = repository;
  const secret = spec.secretRef &&
    await readSecret(spec.secretRef.name, options);
  return await fetchSource({
    url: spec.url,
    branch: spec.ref?.branch,
    path: spec.path,
  }, {
    stateDir: options.stateDir,
    name,
    secret,
    select: selectPath,
    previous: options.previous,
    signal: options.signal,
  });
}

async function readSecret(
  name: string,
  options: { client: KubeClient; signal?: AbortSignal },
): Promise<SecretData> {
  const { client, signal } = options;
  const secret = await client.tryGet<
    KubeObject & { data?: Record<string, string> }
  >(Secret, name, { namespace: SYSTEM_NAMESPACE, signal });
  if (!secret) {
    throw new Error(
      `Cannot fetch: there is no Secret ${name} (spec.secretRef) in namespace ${SYSTEM_NAMESPACE}`,
    );
  }
  const decoder = new TextDecoder();
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      decoder.decode(Uint8Array.from(atob(value), (c) => c.charCodeAt(0))),
    ]),
  );
}
