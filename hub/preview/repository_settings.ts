import { Repository } from "../../api/repository.ts";
import type { Manifests } from "../../gitops/manifest/load_tree.ts";
import {
  makeVariables,
  type Variable,
  type Variables,
} from "../../gitops/manifest/variables.ts";
import {
  DEFAULT_PRUNE_GUARD,
  type PruneGuard,
} from "../../gitops/plan/prune_guard.ts";

/** What a Repository says that decides what its files mean. */
export interface RepositorySettings {
  name: string;
  /** How its objects are told from those of others. */
  variables?: Variables;
  pruneGuard?: PruneGuard;
  /** How long Agents are suspended before they are deleted: `24h`. */
  tombstone?: string;
}

/** The settings of a Repository; what only the hub can read stays as it is written, `${name}`. */
export async function repositorySettings(
  repository: Pick<Repository, "metadata" | "spec">,
): Promise<RepositorySettings> {
  const { metadata: { name }, spec } = repository;
  const { substitute, tombstone } = spec;
  const pruneGuard = spec.pruneGuard &&
    { ...DEFAULT_PRUNE_GUARD, ...spec.pruneGuard };
  if (!substitute) return { name, pruneGuard, tombstone };
  const { values, fingerprint } = await makeVariables([{
    from: "spec.substitute.variables",
    values: substitute.variables ?? {},
  }]);
  return {
    name,
    pruneGuard,
    tombstone,
    variables: {
      fingerprint,
      values: substitute.from?.length ? new Known(values) : values,
    },
  };
}

/** The Repository of a fleet that has its own among its manifests: that of the name, else the only one. */
export function ownRepository(
  manifests: Manifests,
  name?: string,
): Pick<Repository, "metadata" | "spec"> | undefined {
  const found = manifests.root.manifests.filter(({ object, sealed }) =>
    object.kind === Repository.kind &&
    object.apiVersion === Repository.apiVersion && !sealed &&
    (name === undefined || object.metadata.name === name)
  );
  return found.length === 1 ? found[0]!.object as Repository : undefined;
}

/** Variables of which some are not known from here: those stand for themselves. */
class Known extends Map<string, Variable> {
  override get(name: string): Variable {
    return super.get(name) ??
      { value: `\${${name}}`, from: "the cluster", secret: false };
  }
}
