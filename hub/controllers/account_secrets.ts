import { Secret, ServiceAccount } from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import { keyOf, runController } from "../../kube/reconciler.ts";
import { type HubContext, readyWorkspace } from "./context.ts";
import { Dependencies } from "./dependencies.ts";
import { managedInformer } from "./managed.ts";

/** Annotation of a Secret that Kubernetes fills with a token: of which ServiceAccount. */
const ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name";

/**
 * Deletes Secrets that give out tokens of identities that the hub made:
 * devices, join credentials, a workspace's sync.
 *
 * Whoever may write Secrets could act as a device otherwise: Kubernetes fills a
 * Secret of type `kubernetes.io/service-account-token` for any ServiceAccount
 * of its namespace, and RBAC knows no types of Secrets. The token ends with the
 * Secret.
 */
export function runAccountSecrets(context: HubContext): Promise<void> {
  const { client, informers, log, signal } = context;
  const secrets = informers.get(Secret, {
    fieldSelector: "type=kubernetes.io/service-account-token",
  });
  const accounts = managedInformer(context, ServiceAccount);
  const accountOf = ({ metadata }: KubeObject) =>
    metadata.annotations?.[ACCOUNT_ANNOTATION];
  // Whoever may write Secrets may write thousands, and there may be as many devices.
  const secretsOf = new Dependencies();
  secrets.on(({ type, object }) => {
    const account = accountOf(object);
    const gathering = secretsOf.gather(keyOf(object));
    if (type !== "deleted" && account !== undefined) {
      gathering.add(`${object.metadata.namespace}/${account}`);
    }
    gathering.done();
  });
  return runController({
    ...context,
    name: "account-secrets",
    reconcile: async ({ namespace, name }) => {
      const secret = secrets.get(namespace, name);
      if (!secret || !readyWorkspace(context, secret)) return;
      const account = accountOf(secret);
      if (!account || !accounts.get(namespace, account)) return;
      await client.delete(Secret, name, {
        namespace,
        uid: secret.metadata.uid,
        ignoreNotFound: true,
        signal,
      });
      log.warn("Deleted a Secret with a token of an identity of the hub's", {
        namespace,
        secret: name,
        account,
      });
    },
    sources: [
      { informer: secrets },
      {
        informer: accounts,
        keys: ({ metadata: { namespace, name } }) =>
          secretsOf.dependents(`${namespace}/${name}`),
        filter: ({ type }) => type === "added",
      },
    ],
  });
}
