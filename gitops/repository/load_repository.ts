import type { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/mod.ts";
import { loadManifests } from "../manifest/load_manifests.ts";
import { allProblems, type Manifests } from "../manifest/load_tree.ts";
import type { Fetched } from "../source/source.ts";
import { readInputs, type RepositoryInputs } from "./manifest_inputs.ts";

/** The manifests of a commit, and what they were made of. */
export interface Loaded {
  from: Fetched;
  inputs: RepositoryInputs;
  manifests: Manifests;
}

/**
 * Makes manifests of what was fetched, by the keys and variables that the
 * Repository has now.
 *
 * @returns `previous` itself where neither has changed
 * @throws where the API does not tell of keys and variables
 */
export async function loadRepository(
  repository: Repository,
  options: {
    fetched: Fetched;
    previous?: Loaded;
    client: KubeClient;
    signal?: AbortSignal;
  },
): Promise<Loaded> {
  const { fetched, previous, client, signal } = options;
  const inputs = await readInputs(repository, {
    client,
    previous: previous?.inputs,
    signal,
  });
  const isSame = previous?.from === fetched && previous.inputs === inputs;
  if (isSame && !allProblems(previous.manifests).some(({ retry }) => retry)) {
    return previous;
  }
  const manifests = await loadManifests(fetched.tree, inputs.inputs, {
    signal,
  });
  return { from: fetched, inputs, manifests };
}
