import type { Resource } from "../../api/kind.ts";
import type { Plugin } from "../../api/plugin.ts";
import type { KubeClient } from "../../kube/client.ts";

/** The kinds that Plugins bring, as far as they are served. */
export async function broughtKinds(
  plugins: readonly Plugin[],
  { client, signal }: { client: KubeClient; signal?: AbortSignal },
): Promise<Resource[]> {
  const wanted = new Map(
    plugins.flatMap(({ spec }) => spec.versions)
      .flatMap(({ kinds = [] }) => kinds)
      .flatMap(({ group, names, versions }) =>
        versions.map(({ name }) => {
          const apiVersion = `${group}/${name}`;
          return [`${apiVersion} ${names.kind}`, [apiVersion, names.kind]];
        })
      ),
  );
  const found = await Promise.all(
    [...wanted.values()].map(([apiVersion, kind]) =>
      client.discover(apiVersion!, kind!, { signal })
    ),
  );
  return found.filter((resource) => resource?.namespaced) as Resource[];
}
