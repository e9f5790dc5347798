import { forEachLimited } from "../../gitops/apply/for_each_limited.ts";
import type { Ask } from "./http.ts";
import { dryRun } from "./matrix.ts";
import { mayInWorkspace } from "./policy.ts";
import type { Served } from "./served.ts";
import type { Targets } from "./targets.ts";
import type { Expected, Trial } from "./trial.ts";
import type { Actor, Tenant, World } from "./world.ts";

const RBAC = "rbac.authorization.k8s.io";
/** Requests under way at a time. */
const AT_ONCE = 12;

interface Escalation {
  name: string;
  ask: Ask;
  actors: Actor[];
  expected?: Expected;
}

/** Everybody tries to become more than they are. */
export async function tryEscalations(
  trial: Trial,
  { world, targets, actors }: {
    world: World;
    targets: Pick<Targets, "served">;
    actors: Actor[];
  },
): Promise<void> {
  const escalations = [
    ...bindings(world, actors),
    ...roles(world, targets.served),
    ...accountTokens(world, actors),
    ...impersonations(world, actors),
    ...memberships(world, actors),
  ];
  await forEachLimited(escalations, AT_ONCE, async (escalation) => {
    const { name, ask, expected = "refused" } = escalation;
    const reads = ask.method === "GET";
    const live = await trial.control(reads ? ask : dryRun(ask), {
      token: world.root.token,
      name,
    });
    for (const actor of escalation.actors) {
      await trial.attempt(
        actor,
        expected === "allowed" ? dryRun(ask) : ask,
        { expected, live },
      );
    }
  });
}

function post(path: string, body: unknown): Ask {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

function rbacPath(tenant: Pick<Tenant, "base" | "namespace">): string {
  return `${tenant.base}/apis/${RBAC}/v1/namespaces/${tenant.namespace}`;
}

/** Those who may write Roles and RoleBindings of their workspace. */
function writers({ own }: World): Actor[] {
  return [own.members.admin, own.sync];
}

/** To be bound to more. */
function bindings(world: World, actors: Actor[]): Escalation[] {
  const { own, other, hubBase } = world;
  const subjects = [
    { kind: "Group", apiGroup: RBAC, name: "system:authenticated" },
    { kind: "ServiceAccount", name: "faros-sync", namespace: own.namespace },
  ];
  const binding = (kind: string, roleRef: { kind: string; name: string }) => ({
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata: { generateName: "escalation-" },
    roleRef: { apiGroup: RBAC, ...roleRef },
    subjects,
  });
  const toCluster = ["cluster-admin", "admin", "edit", "view"].map((name) => ({
    kind: "ClusterRole",
    name,
  }));
  return [
    ...toCluster.map((roleRef) => ({
      name: "bind in the cluster",
      ask: post(
        `${hubBase}/apis/${RBAC}/v1/clusterrolebindings`,
        binding("ClusterRoleBinding", roleRef),
      ),
      actors,
    })),
    ...[
      ...toCluster,
      { kind: "Role", name: "agent-press-1" },
      { kind: "Role", name: "agent-press-2" },
    ].flatMap((roleRef) =>
      [own, other].map((tenant) => ({
        name: "bind in a workspace",
        ask: post(
          `${rbacPath(tenant)}/rolebindings`,
          binding("RoleBinding", roleRef),
        ),
        actors,
        // Those of the whole cluster need not be there.
        ...tenant === own ? { expected: "no success" as const } : {},
      }))
    ),
    // It is the Role that is too much, not the binding of one.
    {
      name: "bind what one has",
      ask: post(
        `${rbacPath(own)}/rolebindings`,
        binding("RoleBinding", { kind: "Role", name: "sample" }),
      ),
      actors: writers(world),
      expected: "allowed",
    },
  ];
}

/** To write into a Role of one's own workspace what one has not; and, as a check, what one has. */
function roles(world: World, served: readonly Served[]): Escalation[] {
  const { own } = world;
  const path = `${rbacPath(own)}/roles`;
  const role = (rule: Record<string, string[]>) => ({
    apiVersion: `${RBAC}/v1`,
    kind: "Role",
    metadata: { generateName: "escalation-" },
    rules: [rule],
  });
  const escalations: Escalation[] = [];
  for (const actor of writers(world)) {
    for (const resource of served.filter((s) => s.namespaced)) {
      const { group, plural, subresource } = resource;
      const may = resource.verbs
        .filter((verb) => mayInWorkspace(actor.part, resource, verb));
      const mayNot = resource.verbs.filter((verb) => !may.includes(verb));
      const resources = [subresource ? `${plural}/${subresource}` : plural];
      for (
        const [verbs, expected] of [
          ...mayNot.map((verb) => [[verb], "refused"] as const),
          ...may.length ? [[may, "allowed"] as const] : [],
          [["*"], "refused"],
          [["bind", "escalate"], "refused"],
        ] as const
      ) {
        escalations.push({
          name: "write a Role",
          ask: post(
            path,
            role({ apiGroups: [group], resources, verbs: [...verbs] }),
          ),
          actors: [actor],
          expected,
        });
      }
    }
  }
  for (
    const [apiGroups, resources, verbs] of [
      [["*"], ["*"], ["*"]],
      [["*"], ["*"], ["get"]],
      [["*"], ["secrets"], ["get"]],
      [[""], ["*"], ["get"]],
      [["edge.faros.sh"], ["*"], ["get"]],
      [["edge.faros.sh"], ["*/status"], ["patch"]],
      [[""], ["users", "groups", "serviceaccounts"], ["impersonate"]],
      [[""], ["serviceaccounts/token"], ["create"]],
      [[RBAC], ["clusterroles"], ["bind"]],
    ] as const
  ) {
    const rule = {
      apiGroups: [...apiGroups],
      resources: [...resources],
      verbs: [...verbs],
    };
    escalations.push({
      name: "write a Role",
      ask: post(path, role(rule)),
      actors: writers(world),
    });
    // A Role that one may write grows.
    escalations.push({
      name: "grow a Role",
      ask: {
        method: "PATCH",
        path: `${path}/sample`,
        headers: { "content-type": "application/merge-patch+json" },
        body: JSON.stringify({ rules: [rule] }),
      },
      actors: writers(world),
    });
  }
  return escalations;
}

/** To get the token of another identity. */
function accountTokens({ own, other }: World, actors: Actor[]): Escalation[] {
  const accounts = [
    "faros-sync",
    "agent-press-1",
    "agent-press-2",
    "join-line",
    "default",
    "sample",
  ];
  return [own, other].flatMap((tenant) =>
    accounts.map((account) => ({
      name: "ask for a token",
      ask: post(
        `${tenant.base}/api/v1/namespaces/${tenant.namespace}/serviceaccounts/${account}/token`,
        {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { expirationSeconds: 3600 },
        },
      ),
      actors,
    }))
  );
}

/** To ask as somebody else. */
function impersonations({ own, other }: World, actors: Actor[]): Escalation[] {
  const account = `system:serviceaccount:${other.namespace}:faros-sync`;
  const masters = "system:masters";
  const whom: Record<string, string>[] = [
    { "impersonate-user": "system:admin", "impersonate-group": masters },
    { "impersonate-user": "anybody", "impersonate-group": masters },
    { "impersonate-user": account },
    {
      "impersonate-user": account,
      "impersonate-group": `system:serviceaccounts:${other.namespace}`,
    },
    {
      "impersonate-user": "system:admin",
      "impersonate-group": masters,
      "impersonate-uid": "1",
      "impersonate-extra-reason": "none",
    },
  ];
  return whom.flatMap((headers) =>
    [own, other].flatMap(({ base, namespace }) =>
      ["secrets", "configmaps"].map((plural) => ({
        name: "ask as another",
        ask: {
          method: "GET",
          path: `${base}/api/v1/namespaces/${namespace}/${plural}`,
          headers,
        },
        actors,
      }))
    )
  );
}

/** To become a member, or make a place. */
function memberships(world: World, actors: Actor[]): Escalation[] {
  const { own, other, hubBase } = world;
  const path = `${hubBase}/apis/tenancy.faros.sh/v1alpha1/workspaces`;
  const spec = { members: ["ann"] };
  return [
    {
      name: "make a Workspace",
      ask: post(path, {
        apiVersion: "tenancy.faros.sh/v1alpha1",
        kind: "Workspace",
        metadata: { generateName: "mine-" },
        spec,
      }),
      actors,
    },
    ...[own, other].flatMap(({ workspace }) =>
      [
        { spec },
        { spec: { trust: [] } },
        { metadata: { finalizers: [] } },
        { metadata: { ownerReferences: [] } },
      ].map((change) => ({
        name: "change a Workspace",
        ask: {
          method: "PATCH",
          path: `${path}/${workspace}`,
          headers: { "content-type": "application/merge-patch+json" },
          body: JSON.stringify(change),
        },
        actors,
      }))
    ),
  ];
}
