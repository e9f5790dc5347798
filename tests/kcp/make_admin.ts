import * as core from "../../api/core.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { KubeClient } from "../../kube/client.ts";

/** Makes a user cluster-admin in the workspace of kcp that the client is of, as an administrator of kcp would. */
export async function makeAdmin(
  client: KubeClient,
  user: string,
): Promise<void> {
  await client.create<KubeObject>(core.ClusterRoleBinding, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: core.ClusterRoleBinding.kind,
    metadata: { name: user },
    roleRef: {
      apiGroup: core.ClusterRole.group,
      kind: core.ClusterRole.kind,
      name: "cluster-admin",
    },
    subjects: [{ kind: "User", apiGroup: core.ClusterRole.group, name: user }],
  } as KubeObject);
}
