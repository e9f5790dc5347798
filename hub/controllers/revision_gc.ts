import { Agent } from "../../api/agent.ts";
import { Secret } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { Revision } from "../../api/revision.ts";
import type { Informer } from "../../kube/informer.ts";
import {
  type Key,
  keyOf,
  type Result,
  runController,
} from "../../kube/reconciler.ts";
import type { SecretObject } from "../keys/key_secret.ts";
import { LIFTED_KEY, LIFTED_PREFIX } from "../resolve/secrets.ts";
import type { HubContext } from "./context.ts";
import { Dependencies } from "./dependencies.ts";
import { managedInformer } from "./managed.ts";
import type { RevisionUse } from "./revision_use.ts";

/** Options of {@linkcode runRevisionGC}. */
export interface RevisionGCOptions {
  revisions: RevisionUse;
  /** How long a Revision stays that no Agent has any more, in milliseconds. @default {600000} */
  grace?: number;
}

/** Deletes Revisions that no Agent refers to, and then the Secrets that no Revision does. */
export function runRevisionGC(
  context: HubContext,
  options: RevisionGCOptions,
): Promise<void> {
  const { grace = 600_000, revisions } = options;
  const agents = context.informers.get<Agent>(Agent);
  const informer = context.informers.get<Revision>(Revision);
  const secrets = managedInformer<SecretObject>(context, Secret);
  /** Revision or Secret → since when nothing refers to it. */
  const unused = new Map<string, number>();

  async function collect(
    object: KubeObject,
    { used, remove }: { used: boolean; remove(): Promise<void> },
  ): Promise<Result> {
    const key = `${object.kind}/${object.metadata.uid}`;
    if (used) return void unused.delete(key);
    const now = context.clock.now();
    const since = unused.get(key) ?? now;
    unused.set(key, since);
    if (now - since < grace) return { requeueAfter: since + grace - now };
    await remove();
    unused.delete(key);
  }

  function isUsed(revision: Revision): boolean {
    const { namespace, name } = revision.metadata;
    return revisions.isUsed(namespace!, name) ||
      reported.has(`${namespace}/${name}`);
  }

  const named = (agent: Agent): Key[] => {
    const { namespace } = agent.metadata;
    const { revision, assignment } = agent.status ?? {};
    return [revision, assignment?.revision].flatMap((name) =>
      name ? [{ namespace, name }] : []
    );
  };
  // Before the controllers listen, so that these know what they are told: each
  // Agent may have a Revision of its own, and each of those a Secret.
  const reported = index(agents, named);
  const referred = index(informer, configSecrets);
  const remove = (resource: typeof Secret, object: KubeObject) => () =>
    context.client.delete(resource, object.metadata.name, {
      namespace: object.metadata.namespace,
      uid: object.metadata.uid,
      ignoreNotFound: true,
      signal: context.signal,
    });

  const collectRevisions = runController({
    ...context,
    name: "revision-gc",
    reconcile: async ({ namespace, name }) => {
      const revision = informer.get(namespace, name);
      if (!revision) return;
      return await collect(revision, {
        used: isUsed(revision),
        remove: remove(Revision, revision),
      });
    },
    sources: [
      { informer },
      {
        informer: agents,
        keys: named,
        filter: ({ type, object, old }) =>
          type === "deleted" ||
          (!!old && named(object).map((k) => k.name).join() !==
              named(old).map((k) => k.name).join()),
      },
    ],
  });
  const collectSecrets = runController({
    ...context,
    name: "config-secret-gc",
    reconcile: async ({ namespace, name }) => {
      const secret = secrets.get(namespace, name);
      if (!secret) return;
      return await collect(secret, {
        used: referred.has(`${namespace}/${name}`),
        remove: remove(Secret, secret),
      });
    },
    sources: [
      {
        informer: secrets,
        filter: ({ object }) => object.metadata.name.startsWith(LIFTED_PREFIX),
      },
      {
        informer,
        keys: configSecrets,
        filter: ({ type }) => type !== "updated",
      },
    ],
  });
  return Promise.all([collectRevisions, collectSecrets]).then(() => {});
}

/** Keeps which objects others name, by namespace and name. */
function index<T extends KubeObject>(
  informer: Informer<T>,
  named: (object: T) => Key[],
): Dependencies {
  const dependencies = new Dependencies();
  informer.on(({ type, object }) => {
    const all = dependencies.gather(keyOf(object));
    if (type !== "deleted") {
      for (const key of named(object)) all.add(`${key.namespace}/${key.name}`);
    }
    all.done();
  });
  return dependencies;
}

/** The Secrets of a Revision that the hub made. */
function configSecrets({ metadata, spec }: Revision): Key[] {
  return spec.plugins.flatMap((plugin) => plugin.secrets ?? [])
    .filter(({ name, key }) =>
      name.startsWith(LIFTED_PREFIX) && key === LIFTED_KEY
    ).map(({ name }) => ({ namespace: metadata.namespace, name }));
}
