import { Secret } from "../../api/core.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import { gatherInputs } from "../manifest/kustomize/gather_inputs.ts";
import { selectPath } from "../manifest/layout.ts";
import type { SecretData } from "../source/credentials.ts";
import { type Fetched, fetchSource } from "../source/source.ts";
import { SourceError } from "../source/source_error.ts";
import { parseDuration } from "./duration.ts";
import { readSystemSecret } from "./read_secret.ts";

/** Options of {@linkcode fetchRepository}. */
export interface FetchRepositoryOptions {
  client: KubeClient;
  stateDir: string;
  previous?: Fetched;
  signal?: AbortSignal;
}

type Options = Pick<FetchRepositoryOptions, "client" | "signal">;

/**
 * Fetches what a Repository asks for.
 *
 * @throws {SourceError} where that cannot be had, saying why
 */
export async function fetchRepository(
  repository: Repository,
  options: FetchRepositoryOptions,
): Promise<Fetched> {
  const { spec, metadata: { name } } = repository;
  const secret = async (ref: { name: string } | undefined, field: string) =>
    ref && await readSecret(ref.name, { ...options, field });
  const { verify } = spec;
  const [own, proxySecret, keys] = await Promise.all([
    secret(spec.secretRef, "spec.secretRef"),
    secret(spec.proxySecretRef, "spec.proxySecretRef"),
    secret(verify?.secretRef, "spec.verify.secretRef"),
  ]);
  return await fetchSource({
    url: spec.url,
    ref: spec.ref,
    path: spec.path,
    ...(keys ? { verify: { mode: verify?.mode, secret: keys } } : {}),
  }, {
    stateDir: options.stateDir,
    name,
    secret: own,
    proxySecret,
    timeout: parseDuration(spec.timeout ?? "60s"),
    select: selectPath,
    complete: gatherInputs,
    previous: options.previous,
    signal: options.signal,
  });
}

/** The same as long as nothing in the Secrets that a Repository names changes. */
export async function secretVersions(
  { spec }: Repository,
  options: Options,
): Promise<string> {
  const { client, signal } = options;
  const refs = [spec.secretRef, spec.proxySecretRef, spec.verify?.secretRef];
  const versions = await Promise.all(refs.map(async (ref) => {
    const secret = ref && await client.tryGet(Secret, ref.name, {
      namespace: SYSTEM_NAMESPACE,
      signal,
    });
    const { uid, resourceVersion } = secret?.metadata ?? {};
    return `${uid} ${resourceVersion}`;
  }));
  return versions.join();
}

async function readSecret(
  name: string,
  options: Options & { field: string },
): Promise<SecretData> {
  const secret = await readSystemSecret(name, options);
  if (secret) return secret;
  throw new SourceError(
    "SecretNotFound",
    "Cannot fetch",
    `there is no Secret ${name} (${options.field}) in namespace ${SYSTEM_NAMESPACE}`,
  );
}
