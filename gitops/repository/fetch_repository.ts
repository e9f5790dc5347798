import { Secret } from "../../api/core.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import { gatherInputs } from "../manifest/kustomize/gather_inputs.ts";
import { selectPath } from "../manifest/layout.ts";
import type { SecretData } from "../source/credentials.ts";
import { type Fetched, fetchSource } from "../source/source.ts";
import { SourceError } from "../source/source_error.ts";
import { parseDuration } from "./duration.ts";
import { secretData } from "./read_secret.ts";

/** Options of {@linkcode fetchRepository}. */
export interface FetchRepositoryOptions {
  client: KubeClient;
  stateDir: string;
  previous?: Fetched;
  /** Called with the versions of the Secrets that it goes by, as {@linkcode secretVersions}. */
  onSecrets?: (versions: string) => void;
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
  const { verify } = spec;
  const secrets = await readSecrets(repository, options);
  options.onSecrets?.(versionsOf(secrets));
  const [own, proxySecret, keys] = secrets.map(dataOf);
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
  repository: Repository,
  options: Options,
): Promise<string> {
  return versionsOf(await readSecrets(repository, options));
}

/** A Secret that a Repository names; nothing where it names none there. */
type NamedSecret = { name: string; field: string; secret?: KubeObject };

/** Its own, that of its proxy, and that of the keys it trusts. */
function readSecrets(
  { spec }: Repository,
  { client, signal }: Options,
): Promise<(NamedSecret | undefined)[]> {
  const named = [
    { ref: spec.secretRef, field: "spec.secretRef" },
    { ref: spec.proxySecretRef, field: "spec.proxySecretRef" },
    { ref: spec.verify?.secretRef, field: "spec.verify.secretRef" },
  ];
  return Promise.all(named.map(async ({ ref, field }) =>
    ref && {
      name: ref.name,
      field,
      secret: await client.tryGet(Secret, ref.name, {
        namespace: SYSTEM_NAMESPACE,
        signal,
      }),
    }
  ));
}

function versionsOf(secrets: (NamedSecret | undefined)[]): string {
  return secrets.map((named) => {
    const { uid, resourceVersion } = named?.secret?.metadata ?? {};
    return `${uid} ${resourceVersion}`;
  }).join();
}

function dataOf(named: NamedSecret | undefined): SecretData | undefined {
  if (!named) return undefined;
  const { name, field, secret } = named;
  if (secret) return secretData(secret);
  throw new SourceError(
    "SecretNotFound",
    "Cannot fetch",
    `there is no Secret ${name} (${field}) in namespace ${SYSTEM_NAMESPACE}`,
  );
}
