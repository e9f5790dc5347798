/**
 * A whole cluster in memory for tests of strategies, admission and controllers.
 *
 * @module
 */
import { createAdmission } from "../admission/mod.ts";
import {
  type Authentication,
  createAuthentication,
} from "../authentication/mod.ts";
import { type Authorizer, createAuthorizer } from "../authorization/mod.ts";
import { builtinDefinitions } from "../builtin/kinds.ts";
import { create } from "../registry/create.ts";
import { internalClient } from "../registry/internal_client.ts";
import type { Registry, ResourceRequest } from "../registry/registry.ts";
import { Resources } from "../registry/resources.ts";
import { update } from "../registry/update.ts";
import { handleSubresource } from "../registry/subresource.ts";
import { MemoryLog } from "../storage/memory_log.ts";
import { Store } from "../storage/store.ts";
import type {
  InternalClient,
  JsonObject,
  KubeObject,
  ObjectKey,
  ResourceDefinition,
  User,
} from "../types.ts";
import { type ControllersOptions, startControllers } from "./mod.ts";

/** The administrator. */
export const ADMIN: User = { name: "admin", groups: ["system:masters"] };

/** Registry, policy and what is needed to use them. */
export interface TestCluster extends AsyncDisposable {
  registry: Registry;
  client: InternalClient;
  authorizer: Authorizer;
  authentication: Authentication;
  clock: { time: Date };
  /** Starts the controllers; they stop with the cluster. */
  startControllers(options?: Partial<ControllersOptions>): Promise<void>;
  /** Requests as a user. */
  as(user: User): {
    create(key: Partial<ObjectKey>, object: JsonObject): Promise<KubeObject>;
    update(key: ObjectKey, object: JsonObject): Promise<KubeObject>;
    post(
      key: ObjectKey & { subresource: string },
      body: JsonObject,
    ): Promise<KubeObject>;
  };
}

/** A cluster with the built-in kinds and, if given, more. */
export async function testCluster(
  { definitions = [] }: { definitions?: ResourceDefinition[] } = {},
): Promise<TestCluster> {
  const clock = { time: new Date("2026-01-01T00:00:00Z") };
  const now = () => clock.time;
  const store = await Store.open(new MemoryLog());
  const { reader } = store;
  const subscribe = store.subscribe.bind(store);
  const authorizer = createAuthorizer({ reader, subscribe });
  const authentication = await createAuthentication({ reader, now });
  const admission = createAdmission({ reader, subscribe, now });
  const resources = new Resources();
  resources.add(
    ...builtinDefinitions({ authorizer, authentication, now }),
    ...definitions,
  );
  const registry: Registry = {
    store,
    resources,
    now,
    authorize: (attributes) => authorizer.authorize(attributes),
    admit: (attributes) => admission.admit(attributes),
  };
  const client = internalClient(registry);
  const abort = new AbortController();
  const stopped: Promise<void>[] = [];

  const request = (
    user: User,
    { key, verb, subresource = "" }: {
      key: Partial<ObjectKey>;
      verb: string;
      subresource?: string;
    },
  ): ResourceRequest => {
    const { group = "", resource = "", namespace = "", name = "" } = key;
    const served = resources.stored({ group, resource })!;
    return {
      served,
      info: {
        isResource: true,
        path: "",
        verb,
        group,
        version: served.definition.version,
        namespace,
        resource,
        subresource,
        name,
      },
      options: { user, fieldManager: "test", fieldValidation: "Strict" },
    };
  };
  const body = (value: JsonObject) => ({
    value: structuredClone(value),
    duplicates: [],
  });

  return {
    registry,
    client,
    authorizer,
    authentication,
    clock,
    async startControllers(options = {}) {
      const controllers = await startControllers(client, {
        resources: () => resources.all().map(({ definition }) => definition),
        signal: abort.signal,
        now,
        tokens: authentication.tokens,
        ca: "CA PEM",
        onError({ controller, key, error }) {
          throw new Error(`${controller} failed at ${key}`, { cause: error });
        },
        ...options,
      });
      stopped.push(controllers.stopped);
    },
    as: (user) => ({
      create: (key, object) =>
        create(registry, request(user, { key, verb: "create" }), body(object)),
      update: async (key, object) => {
        const of = request(user, { key, verb: "update" });
        return (await update(registry, of, body(object))).object;
      },
      post: ({ subresource, ...key }, value) =>
        handleSubresource(
          registry,
          request(user, { key, verb: "create", subresource }),
          { body: body(value) },
        ),
    }),
    async [Symbol.asyncDispose]() {
      abort.abort();
      await Promise.all(stopped);
      authorizer.close();
      admission.close();
      await store.close();
    },
  };
}

/** Polls until `condition` gives something, for at most five seconds. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | null,
): Promise<T> {
  const deadline = Date.now() + 5000;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A ConfigMap to create. */
export function configMap(
  namespace: string,
  name: string,
  metadata: JsonObject = {},
): JsonObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name, ...metadata },
  };
}
