import * as core from "../../api/core.ts";
import { openCluster } from "../../cli/cluster.ts";
import { isAlreadyExists } from "../../kube/kube_api_error.ts";
import type { Person } from "./engine.ts";

/** Namespace of the ServiceAccounts that are people. */
const NAMESPACE = "people";

/** Somebody who logs in as a ServiceAccount, on servers that know no other users. */
export async function accountPerson(
  kubeconfig: string,
  name: string,
): Promise<Person> {
  using cluster = await openCluster({ kubeconfig });
  const { client } = cluster;
  const metadata = { name, namespace: NAMESPACE };
  for (
    const [resource, object] of [
      [core.Namespace, { metadata: { name: NAMESPACE } }],
      [core.ServiceAccount, { metadata }],
    ] as const
  ) {
    try {
      await client.create(resource, {
        apiVersion: resource.version,
        kind: resource.kind,
        ...object,
      });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  const { token } = await client.createToken(NAMESPACE, name, {
    expirationSeconds: 3600,
  });
  return { user: `system:serviceaccount:${NAMESPACE}:${name}`, token };
}
