import * as core from "../../api/core.ts";
import type { Resource } from "../../api/kind.ts";
import { kinds } from "../../api/kinds.ts";
import { ConfigMap } from "../../api/core.ts";
import { nearest } from "../../gitops/manifest/nearest.ts";
import {
  APPLYSET_ID_LABEL,
  groupKindsOf,
} from "../../gitops/plan/apply_set.ts";
import type { KubeClient } from "../../kube/client.ts";
import { UsageError } from "../errors.ts";
import { resourceOf } from "./list_members.ts";

/**
 * The resource that a person means by `agent`, `agents`, `fa` or
 * `agent.edge.faros.sh`: one of Faros, of Kubernetes itself, or of what is
 * applied in a namespace.
 *
 * @throws {UsageError} where there is none
 */
export async function findResource(
  text: string,
  { client, namespace, signal }: {
    client: KubeClient;
    namespace: string | undefined;
    signal?: AbortSignal;
  },
): Promise<Resource> {
  const [word = "", ...rest] = text.toLowerCase().split(".");
  const group = rest.join(".");
  const fits = (resource: Resource & { shortNames?: string[] }) =>
    (!group || resource.group === group) &&
    [
      resource.kind.toLowerCase(),
      resource.plural,
      ...resource.shortNames ?? [],
    ].includes(word);
  const known: Resource[] = [...kinds, ...Object.values(core)];
  const found = known.find(fits);
  if (found) return found;
  const applied = await appliedKinds(client, { namespace, signal });
  for (const name of applied) {
    if (!name.toLowerCase().startsWith(word.replace(/s$/, ""))) continue;
    const resource = await resourceOf(name, { client, signal });
    if (resource && fits(resource)) return resource;
  }
  const names = [
    ...known.map((resource) => resource.kind),
    ...applied.map((name) => name.split(".")[0]!),
  ];
  const meant = nearest(word, names.map((name) => name.toLowerCase()));
  throw new UsageError(
    `${text} is no kind that a repository applies here${
      meant ? `; did you mean ${meant}?` : ""
    }`,
  );
}

/** Kinds of the apply sets in a namespace; none where they may not be seen. */
async function appliedKinds(
  client: KubeClient,
  { namespace, signal }: {
    namespace: string | undefined;
    signal?: AbortSignal;
  },
): Promise<string[]> {
  const { items } = await client.listAll(ConfigMap, {
    ...(namespace === undefined ? {} : { namespace }),
    labelSelector: APPLYSET_ID_LABEL,
    signal,
  }).catch(() => ({ items: [] }));
  return [...new Set(items.flatMap(groupKindsOf))];
}
