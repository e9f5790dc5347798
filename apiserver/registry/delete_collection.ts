import { StatusError } from "../errors.ts";
import type { DeleteOptions } from "../request/delete_options.ts";
import type { ListOptions } from "../request/list_options.ts";
import { deleteObject } from "./delete.ts";
import { type List, list } from "./list.ts";
import type { Registry, ResourceRequest } from "./registry.ts";

/** Deletes what a list with the same options answers, and answers that list. */
export async function deleteCollection(
  registry: Registry,
  request: ResourceRequest,
  { options, deletion }: { options: ListOptions; deletion: DeleteOptions },
): Promise<List> {
  const found = list(registry, request, options);
  const results = await Promise.allSettled(
    found.entries.map((entry) =>
      deleteObject(registry, {
        ...request,
        info: { ...request.info, namespace: entry.namespace, name: entry.name },
      }, deletion)
    ),
  );
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    // Somebody else was faster.
    if (reason instanceof StatusError && reason.code === 404) continue;
    throw reason;
  }
  return found;
}
