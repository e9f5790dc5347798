import assert from "node:assert/strict";
import type { AuthorizationAttributes } from "../types.ts";
import { impersonate } from "./impersonation.ts";

const alice = { name: "alice", groups: ["system:authenticated"] };

function attempt(headers: Record<string, string>, allowed = true) {
  const asked: AuthorizationAttributes[] = [];
  const user = () =>
    impersonate(alice, new Headers(headers), {
      authorize(attributes) {
        asked.push(attributes);
        return { allowed, reason: "because" };
      },
    });
  return { user, asked };
}

Deno.test("without headers a user stays who they are", () => {
  const { user, asked } = attempt({});
  assert.equal(user(), alice);
  assert.deepEqual(asked, []);
});

Deno.test("each part of another identity is asked for", () => {
  const { user, asked } = attempt({
    "impersonate-user": "bob",
    "impersonate-group": "a, b",
    "impersonate-uid": "7",
    "impersonate-extra-example.com%2fteam": "x",
  });
  assert.deepEqual(user(), {
    name: "bob",
    uid: "7",
    groups: ["a", "b", "system:authenticated"],
    extra: { "example.com/team": ["x"] },
  });
  const group = "authentication.k8s.io";
  assert.deepEqual(
    asked.map(({ verb, group, resource, subresource, name }) =>
      [verb, group, resource, subresource, name].join(" ").trim()
    ),
    [
      "impersonate  users  bob",
      "impersonate  groups  a",
      "impersonate  groups  b",
      `impersonate ${group} userextras example.com/team x`,
      `impersonate ${group} uids  7`,
    ],
  );
});

Deno.test("a ServiceAccount comes with its groups", () => {
  const { user, asked } = attempt({
    "impersonate-user": "system:serviceaccount:a:robot",
  });
  assert.deepEqual(user().groups, [
    "system:serviceaccounts",
    "system:serviceaccounts:a",
    "system:authenticated",
  ]);
  assert.equal(asked[0]?.resource, "serviceaccounts");
  assert.equal(asked[0]?.namespace, "a");
});

Deno.test("the anonymous user is not authenticated", () => {
  const { user } = attempt({ "impersonate-user": "system:anonymous" });
  assert.deepEqual(user().groups, ["system:unauthenticated"]);
});

Deno.test("who may not act as somebody is refused", () => {
  const { user } = attempt({ "impersonate-user": "bob" }, false);
  assert.throws(user, {
    code: 403,
    message: 'users "bob" is forbidden: because',
  });
});

Deno.test("groups alone are no identity", () => {
  const { user } = attempt({ "impersonate-group": "system:masters" });
  assert.throws(user, { code: 400 });
});
