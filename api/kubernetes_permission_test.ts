import assert from "node:assert/strict";
import { Permissions } from "./plugin_entry.ts";

const rule = { apiGroup: "", resources: ["configmaps"], verbs: ["get"] };

const refused: [string, Record<string, unknown>, RegExp][] = [
  ["all groups", { apiGroup: "*" }, /not `\*`/],
  ["all resources", { resources: ["*"] }, /neither `\*`/],
  ["all verbs", { verbs: ["*"] }, /"get"\|"list"\|"watch"/],
  ["all names", { resourceNames: ["*"] }, /not `\*`/],
  ["no names, which RBAC takes for all", { resourceNames: [] }, />=1/],
  ["writing", { verbs: ["get", "patch"] }, /"get"\|"list"\|"watch"/],
  ["Secrets", { resources: ["configmaps", "secrets"] }, /^secrets is refused/m],
  ["ServiceAccounts", { resources: ["serviceaccounts"] }, /serviceaccounts is/],
  ["tokens", { resources: ["serviceaccounts/token"] }, /nor a subresource/],
  ["programs in Pods", { resources: ["pods/exec"] }, /nor a subresource/],
  ["RBAC", {
    apiGroup: "rbac.authorization.k8s.io",
    resources: ["roles"],
  }, /roles\.rbac\.authorization\.k8s\.io is refused/],
  ["leases of devices", {
    apiGroup: "coordination.k8s.io",
    resources: ["leases"],
  }, /leases\.coordination\.k8s\.io is refused/],
  ...["agents", "enrollments", "registrations", "revisions"].map((
    name,
  ): [string, Record<string, unknown>, RegExp] => [name, {
    apiGroup: "edge.faros.sh",
    resources: [name],
  }, new RegExp(`${name}\\.edge\\.faros\\.sh is refused`)]),
];

Deno.test("a plugin may be granted objects that are no credentials", () => {
  for (
    const kubernetes of [[rule], [{ ...rule, resourceNames: ["a"] }], [{
      apiGroup: "apps",
      resources: ["deployments"],
      verbs: ["get", "list", "watch"],
    }]]
  ) assert.deepEqual(Permissions.parse({ kubernetes }), { kubernetes });
});

for (const [what, change, message] of refused) {
  Deno.test(`no plugin may be granted ${what}`, () => {
    const { error } = Permissions.safeParse({
      kubernetes: [{ ...rule, ...change }],
    });
    assert.ok(error, "it was accepted");
    assert.match(error.issues.map((i) => i.message).join("\n"), message);
  });
}
