import assert from "node:assert/strict";
import * as core from "../../../api/core.ts";
import { inWorkspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

/** Manifests that reach further than their workspace, the line that says so, and what is said. */
const MANIFESTS: Record<string, { text: string; line: number; error: RegExp }> =
  {
    "a ClusterRoleBinding": {
      text: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: overreach
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: ServiceAccount, name: faros-sync, namespace: site-a }]
`,
      line: 2,
      error: /ClusterRoleBinding/,
    },
    "another namespace": {
      text: `apiVersion: v1
kind: ConfigMap
metadata:
  name: overreach
  namespace: kube-system
`,
      line: 5,
      error: /kube-system/,
    },
    "a RoleBinding to more than the sync identity has": {
      text: `# The built-in role may do everything in the namespace.
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: overreach
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin }
subjects: [{ kind: User, apiGroup: rbac.authorization.k8s.io, name: mallory }]
`,
      line: 2,
      error: /overreach|escalat|not currently held|attempting to grant/i,
    },
  };

export const overreach: Scenario = {
  name:
    "a manifest that reaches beyond its workspace is refused with its file and line",
  async run(environment, { workspace }) {
    const path = inWorkspace(workspace, "overreach.yaml");
    for (const [what, { text, line, error }] of Object.entries(MANIFESTS)) {
      await environment.push({ [path]: text });
      const { lastError } = await environment.untilRepository(
        `${what} was refused`,
        (status) =>
          status.lastError?.file === path &&
          error.test(status.lastError.message),
      );
      assert.ok(
        lastError!.line !== undefined && lastError!.line >= line &&
          lastError!.line <= text.split("\n").length,
        `${what}: line ${lastError!.line}`,
      );
      await environment.sync({ [path]: null });
    }
    const { client, namespace: own } = await environment.in(workspace);
    assert.equal(
      await client.tryGet(core.ClusterRoleBinding, "overreach"),
      undefined,
    );
    for (const namespace of [own, "kube-system"]) {
      for (const resource of [core.RoleBinding, core.ConfigMap]) {
        assert.equal(
          await client.tryGet(resource, "overreach", { namespace }),
          undefined,
        );
      }
    }
  },
};
