import { sha256Hex } from "../../api/protocol/canonical_json.ts";
import { ConfigMap } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { SYSTEM_NAMESPACE } from "../../api/names.ts";
import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import type { ManifestInputs } from "../manifest/load_manifests.ts";
import { readDecryptionKeys } from "../manifest/sops/decryption_keys.ts";
import { makeVariables, type VariableSource } from "../manifest/variables.ts";
import { readSystemSecret } from "./read_secret.ts";

/** An object of the hub's namespace that manifests depend on. */
export interface InputReference {
  kind: "ConfigMap" | "Secret";
  name: string;
}

/** What a Repository's manifests are made of, besides its files. */
export interface RepositoryInputs {
  inputs: ManifestInputs;
  /** The same as long as all of it is. */
  fingerprint: string;
}

/** Which objects the manifests of a Repository depend on. */
export function inputReferences({ spec }: Repository): InputReference[] {
  const { decryption, substitute } = spec;
  return [
    ...(decryption
      ? [{ kind: "Secret" as const, name: decryption.secretRef.name }]
      : []),
    ...(substitute?.from ?? []).map(({ kind, name }) => ({ kind, name })),
  ];
}

/**
 * Reads the keys and variables of a Repository. What is missing or wrong is
 * told of the files that need it: all others are applied.
 *
 * @throws where the API gives no answer
 */
export async function readInputs(
  repository: Repository,
  options: {
    client: KubeClient;
    /** What was read last; the very same is returned where nothing changed. */
    previous?: RepositoryInputs;
    signal?: AbortSignal;
  },
): Promise<RepositoryInputs> {
  const { spec: { decryption, substitute } } = repository;
  const objects = new Map<string, Record<string, string> | undefined>();
  for (const { kind, name } of inputReferences(repository)) {
    objects.set(`${kind}/${name}`, await readData(kind, name, options));
  }
  // Keys and secrets are among it: only what tells nothing of them is kept.
  const fingerprint = await sha256Hex(
    JSON.stringify([decryption, substitute, [...objects]]),
  );
  if (options.previous?.fingerprint === fingerprint) return options.previous;
  const inputs: ManifestInputs = {};
  if (decryption) inputs.keys = await settle(keys(decryption.secretRef.name));
  if (substitute) inputs.variables = await settle(variables(substitute));
  return { inputs, fingerprint };

  async function keys(name: string) {
    const data = objects.get(`Secret/${name}`);
    if (!data) {
      throw new Error(
        `there is no Secret ${name} (spec.decryption.secretRef) in namespace ${SYSTEM_NAMESPACE}`,
      );
    }
    return await readDecryptionKeys(data, {
      from: `Secret ${SYSTEM_NAMESPACE}/${name}`,
    });
  }

  async function variables(of: NonNullable<typeof substitute>) {
    const sources: VariableSource[] = [];
    for (const [i, { kind, name, optional }] of (of.from ?? []).entries()) {
      const values = objects.get(`${kind}/${name}`);
      if (values) {
        sources.push({
          from: `${kind} ${SYSTEM_NAMESPACE}/${name}`,
          secret: kind === "Secret",
          values,
        });
      } else if (!optional) {
        throw new Error(
          `its variables are not known: there is no ${kind} ${name} (spec.substitute.from[${i}]) in namespace ${SYSTEM_NAMESPACE}`,
        );
      }
    }
    const from = "spec.substitute.variables";
    sources.push({ from, values: of.variables ?? {} });
    return await makeVariables(sources);
  }
}

/** What comes of it, or why nothing does. */
async function settle<T>(work: Promise<T>): Promise<T | Error> {
  try {
    return await work;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function readData(
  kind: InputReference["kind"],
  name: string,
  options: { client: KubeClient; signal?: AbortSignal },
): Promise<Record<string, string> | undefined> {
  if (kind === "Secret") return await readSystemSecret(name, options);
  const { client, signal } = options;
  const object = await client.tryGet<
    KubeObject & { data?: Record<string, string> }
  >(ConfigMap, name, { namespace: SYSTEM_NAMESPACE, signal });
  return object && (object.data ?? {});
}
