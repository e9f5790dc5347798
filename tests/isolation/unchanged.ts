import { pathOf } from "./served.ts";
import type { Targets } from "./targets.ts";
import type { World } from "./world.ts";

/** All objects of the other workspace, as far as others could have changed them. */
export async function contentOf(
  world: World,
  { served }: Pick<Targets, "served">,
): Promise<Record<string, unknown>> {
  const { other, root, http } = world;
  const { base, namespace } = other;
  const content: Record<string, unknown> = {};
  for (const resource of served) {
    if (
      !resource.namespaced || resource.subresource ||
      !resource.verbs.includes("list")
    ) continue;
    const path = pathOf(resource, { base, namespace });
    const { status, text } = await http.send(
      { method: "GET", path },
      root.token,
    );
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    for (const { metadata, status: _, ...rest } of JSON.parse(text).items) {
      const { name, uid, labels, annotations, deletionTimestamp } = metadata;
      content[`${path}/${name}`] = {
        uid,
        labels,
        annotations,
        deletionTimestamp,
        rest,
      };
    }
  }
  return content;
}
