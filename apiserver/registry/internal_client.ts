import { noSuchPath } from "../errors.ts";
import { cloneJson } from "../schema/clone_json.ts";
import type {
  InternalClient,
  ObjectKey,
  RequestInfo,
  User,
  WriteOptions,
} from "../types.ts";
import { create } from "./create.ts";
import { deleteObject } from "./delete.ts";
import type { Registry, ResourceRequest } from "./registry.ts";
import { handleSubresource } from "./subresource.ts";
import { update } from "./update.ts";

const SELF: User = { name: "system:apiserver", groups: ["system:masters"] };

/** The server's own way to its objects: the registry, in process. */
export function internalClient(
  registry: Registry,
  { fieldManager = "kube-apiserver" }: { fieldManager?: string } = {},
): InternalClient {
  const requestFor = (
    { group, resource, namespace = "", name = "" }: Partial<ObjectKey> & {
      group: string;
      resource: string;
    },
    verb: string,
    subresource = "",
  ): ResourceRequest => {
    const served = registry.resources.stored({ group, resource });
    if (!served) throw noSuchPath();
    const { version } = served.definition;
    const info: RequestInfo = {
      isResource: true,
      path: "",
      verb,
      group,
      version,
      namespace,
      resource,
      subresource,
      name,
    };
    const options: WriteOptions = {
      user: SELF,
      fieldManager,
      fieldValidation: "Strict",
    };
    return { served, info, options };
  };
  return {
    reader: registry.store.reader,
    subscribe: (listener) => registry.store.subscribe(listener),
    create: async (key, object) =>
      await create(registry, requestFor(key, "create"), {
        value: cloneJson(object),
        duplicates: [],
      }),
    update: async (key, object, { subresource = "" } = {}) => {
      const request = requestFor(key, "update", subresource);
      const body = {
        value: cloneJson(object) as never,
        duplicates: [],
      };
      const own = request.served.definition.strategy?.subresources
        ?.[subresource];
      if (own) return await handleSubresource(registry, request, { body });
      return (await update(registry, request, body)).object;
    },
    delete: async (key, options = {}) => {
      await deleteObject(registry, requestFor(key, "delete"), {
        ...options,
        dryRun: false,
      });
    },
  };
}
