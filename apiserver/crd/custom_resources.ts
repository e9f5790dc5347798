import { StatusError } from "../errors.ts";
import { timestamp } from "../registry/metadata.ts";
import type { Registry } from "../registry/registry.ts";
import { deepEqual } from "../schema/deep_equal.ts";
import type {
  InternalClient,
  KubeObject,
  ResourceDefinition,
} from "../types.ts";
import { acceptNames } from "./accept_names.ts";
import { servedDefinitions } from "./served_definitions.ts";
import {
  CLEANUP_FINALIZER,
  conditionOf,
  type Crd,
  GROUP,
  RESOURCE,
  withCondition,
} from "./types.ts";

const RETRY_MS = 1000;

/** Options of {@linkcode serveCustomResources}. */
export interface CustomResourcesOptions {
  client: InternalClient;
  /** Called with errors that are tried again. */
  onError: (error: unknown) => void;
}

/**
 * Serves what CustomResourceDefinitions define, from the commit that establishes it to the one that removes it, and
 * keeps their status.
 *
 * @returns the way to stop.
 */
export function serveCustomResources(
  registry: Registry,
  { client, onError }: CustomResourcesOptions,
): () => Promise<void> {
  const { reader } = registry.store;
  const running = new Map<string, Promise<void>>();
  const again = new Set<string>();
  const retries = new Map<string, ReturnType<typeof setTimeout>>();
  let stopped = false;
  /** Terminating definitions by the resource whose last object they wait for. */
  const waiting = new Map<string, string>();

  const all = () => reader.list({ group: GROUP, resource: RESOURCE }) as Crd[];
  const read = (name: string) =>
    reader.get({ group: GROUP, resource: RESOURCE, name }) as Crd | undefined;

  function accepted(crd: Crd): Crd {
    const { acceptedNames, conditions } = acceptNames(crd, {
      others: all(),
      now: timestamp(registry.now()),
    });
    return { ...crd, status: { ...crd.status, acceptedNames, conditions } };
  }

  function serve(crd: Crd) {
    const of = { group: crd.spec.group, resource: crd.spec.names.plural };
    const definitions = servedDefinitions(crd);
    // A replacement ends the watches of the resource: a change of the status alone is none.
    const same = definitions.length > 0 && deepEqual(
      definitions.map(withoutTime),
      registry.resources.versions(of).map(withoutTime),
    );
    if (!same) registry.resources.replace(of, definitions);
  }

  /** Runs `reconcile` for a definition, never twice at once, and again for what happens meanwhile. */
  function enqueue(name: string) {
    if (stopped) return;
    if (running.has(name)) {
      again.add(name);
      return;
    }
    const run = reconcile(name).catch((error) => {
      const expected = error instanceof StatusError &&
        (error.code === 409 || error.code === 404);
      if (!expected) onError(error);
      if (stopped || error.code === 404) return;
      if (error.code === 409) again.add(name);
      else retryLater(name);
    }).finally(() => {
      running.delete(name);
      if (again.delete(name)) enqueue(name);
    });
    running.set(name, run);
  }

  function retryLater(name: string) {
    if (retries.has(name)) return;
    retries.set(
      name,
      setTimeout(() => {
        retries.delete(name);
        enqueue(name);
      }, RETRY_MS),
    );
  }

  async function reconcile(name: string) {
    const crd = read(name);
    if (!crd) return;
    if (crd.metadata.deletionTimestamp) return await finalize(crd);
    const wanted = accepted(crd);
    if (deepEqual(wanted.status, crd.status)) return;
    await updateStatus(wanted);
  }

  async function updateStatus(crd: Crd): Promise<KubeObject> {
    return await client.update(
      { group: GROUP, resource: RESOURCE, name: crd.metadata.name },
      crd,
      { subresource: "status" },
    );
  }

  async function finalize(crd: Crd) {
    if (!crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return;
    const { group, names: { plural } } = crd.spec;
    const key = { group, resource: plural };
    const resource = `${group}/${plural}`;
    waiting.set(resource, crd.metadata.name);
    const terminating = conditionOf(crd, "Terminating");
    if (terminating?.reason === "InstanceDeletionPending") {
      // The change of the status calls this again.
      await updateStatus({
        ...crd,
        status: {
          ...crd.status,
          conditions: withCondition(crd.status.conditions, {
            type: "Terminating",
            status: "True",
            reason: "InstanceDeletionInProgress",
            message: "CustomResource deletion is in progress",
            now: timestamp(registry.now()),
          }),
        },
      });
      return;
    }
    for (const { metadata } of reader.list(key)) {
      if (metadata.deletionTimestamp) continue;
      const { namespace, name } = metadata;
      try {
        await client.delete({ ...key, namespace, name });
      } catch (error) {
        if (!(error instanceof StatusError) || error.code !== 404) throw error;
      }
    }
    // The deletion of the last one calls this again.
    if (reader.count(key) > 0) return;
    const done = await updateStatus({
      ...crd,
      status: {
        ...crd.status,
        conditions: withCondition(crd.status.conditions, {
          type: "Terminating",
          status: "False",
          reason: "InstanceDeletionCompleted",
          message: "removed all instances",
          now: timestamp(registry.now()),
        }),
      },
    });
    waiting.delete(resource);
    await client.update(
      { group: GROUP, resource: RESOURCE, name: crd.metadata.name },
      {
        ...done,
        metadata: {
          ...done.metadata,
          finalizers: done.metadata.finalizers?.filter((f) =>
            f !== CLEANUP_FINALIZER
          ),
        },
      },
    );
  }

  const unsubscribe = registry.store.subscribe((change) => {
    const { group, resource } = change;
    if (group !== GROUP || resource !== RESOURCE) {
      if (change.type !== "DELETED") return;
      const definition = waiting.get(`${group}/${resource}`);
      if (definition) enqueue(definition);
      return;
    }
    const crd = change.object as Crd;
    if (change.type === "DELETED") {
      registry.resources.replace(
        { group: crd.spec.group, resource: crd.spec.names.plural },
        [],
      );
      // Its names are free: whoever waits for them gets them.
      for (const other of all()) {
        if (other.spec.group === crd.spec.group) enqueue(other.metadata.name);
      }
      return;
    }
    // Served within the commit, so that whoever sees the definition's answer can use it.
    const specSame = change.old &&
      deepEqual(change.old.spec, crd.spec) &&
      deepEqual(change.old.status, crd.status);
    if (!specSame) serve(accepted(crd));
    enqueue(crd.metadata.name);
  });
  for (const crd of all()) {
    serve(accepted(crd));
    enqueue(crd.metadata.name);
  }

  return async () => {
    stopped = true;
    unsubscribe();
    for (const timer of retries.values()) clearTimeout(timer);
    await Promise.all(running.values());
  };
}

function withoutTime({ since: _, ...definition }: ResourceDefinition): object {
  return definition;
}
