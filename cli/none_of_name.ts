import type { KubeObject } from "../api/meta.ts";
import { nearest } from "../gitops/manifest/nearest.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Resource } from "../kube/resource.ts";

/** Names that an error tells. */
const NAMED = 10;

/**
 * The error for a name that no object has, with the names that there are.
 *
 * @param options.doing For the error: `show`, `suspend`
 * @param options.remedy What to do where there are none at all
 */
export async function noneOfName(
  resource: Resource,
  name: string,
  { client, doing, namespace, remedy, signal }: {
    client: KubeClient;
    doing: string;
    namespace?: string | undefined;
    remedy?: string;
    signal?: AbortSignal | undefined;
  },
): Promise<Error> {
  const names = await client.listAll<KubeObject>(resource, {
    ...(namespace ? { namespace } : {}),
    signal,
  }).then(
    ({ items }) => items.map((r) => r.metadata.name).sort(),
    () => [], // who may get one may not be allowed to list all
  );
  const meant = nearest(name, names);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  const others = names.length
    ? `; there are: ${names.slice(0, NAMED).join(", ")}${more}${
      meant ? `; did you mean ${meant}?` : ""
    }`
    : remedy
    ? `; ${remedy}`
    : "";
  return new Error(
    `Cannot ${doing} ${resource.kind.toLowerCase()} ${name}: there is none of that name${
      namespace ? ` in workspace ${namespace}` : ""
    }${others}`,
  );
}
