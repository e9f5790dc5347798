import { Repository } from "../../api/repository.ts";
import type { KubeClient } from "../../kube/client.ts";
import { noneOfName } from "../none_of_name.ts";

/**
 * A Repository by its name.
 *
 * @param doing For the error: `show`, `suspend`
 * @throws where there is none, with those that there are
 */
export async function findRepository(
  name: string,
  { client, doing, signal }: {
    client: KubeClient;
    doing: string;
    signal?: AbortSignal;
  },
): Promise<Repository> {
  const found = await client.tryGet<Repository>(Repository, name, { signal });
  if (found) return found;
  throw await noneOfName(Repository, name, {
    client,
    doing,
    remedy: "make it with 'faros repository create'",
    signal,
  });
}
