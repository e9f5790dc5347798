import { Repository } from "../../api/repository.ts";
import { nearest } from "../../gitops/manifest/nearest.ts";
import type { KubeClient } from "../../kube/client.ts";

/** Names of Repositories that an error tells. */
const NAMED = 10;

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
  const names = await client.listAll(Repository, { signal }).then(
    ({ items }) => items.map((r) => r.metadata.name).sort(),
    () => [], // who may get one may not be allowed to list all
  );
  const meant = nearest(name, names);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  throw new Error(
    `Cannot ${doing} repository ${name}: there is none of that name; ${
      names.length
        ? `there are: ${names.slice(0, NAMED).join(", ")}${more}${
          meant ? `; did you mean ${meant}?` : ""
        }`
        : "make it with 'faros repository create'"
    }`,
  );
}
