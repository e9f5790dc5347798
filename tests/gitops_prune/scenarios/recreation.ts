import assert from "node:assert/strict";
import { Role, RoleBinding } from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { workspace } from "../manifests.ts";
import type { Scenario } from "../scenario.ts";

export const recreation: Scenario = {
  name: "what cannot be changed is made anew where the manifest says so",
  async run(site, { client }) {
    const binding = (role: string, metadata = "") => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: look${metadata}
subjects: [{kind: User, name: ada, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${role}}
`;
    const role = (name: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: ${name}}
rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}]
`;
    const scope = { namespace: site.name };
    await site.applied(
      await site.push({
        [site.file("workspace.yaml")]: workspace(site.name),
        [site.file("roles.yaml")]: [role("one"), role("two")].join("---\n"),
        [site.file("binding.yaml")]: binding("one"),
      }),
    );
    const before = await client.get(RoleBinding, "look", scope);
    await site.push({ [site.file("binding.yaml")]: binding("two") });
    const status = await site.refused("ApplyFailed");
    assert.match(
      status.lastError!.message,
      /look: .*annotation faros.sh\/recreate: "true"/,
    );
    await site.applied(
      await site.push({
        [site.file("binding.yaml")]: binding(
          "two",
          `\n  annotations: {faros.sh/recreate: "true"}`,
        ),
      }),
    );
    const after = await client.get<
      KubeObject & { roleRef: { name: string } }
    >(
      RoleBinding,
      "look",
      scope,
    );
    assert.equal(after.roleRef.name, "two");
    assert.notEqual(after.metadata.uid, before.metadata.uid);
    assert.ok(await client.get(Role, "one", scope));
  },
};
