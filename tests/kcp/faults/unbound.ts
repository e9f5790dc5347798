import assert from "node:assert/strict";
import { Agent } from "../../../api/agent.ts";
import * as core from "../../../api/core.ts";
import type { KubeObject } from "../../../api/meta.ts";
import { Monitoring } from "../../../api/monitoring.ts";
import { Workspace } from "../../../api/workspace.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { getCondition, isTrue } from "../../../kube/conditions.ts";
import { isForbidden } from "../../../kube/kube_api_error.ts";
import { APIBinding } from "../../../kube/kcp/kinds.ts";
import { HUB } from "../environment.ts";
import type { Fault, FaultsEnvironment } from "./environment.ts";
import { makeAdmin } from "../make_admin.ts";

interface Binding extends KubeObject {
  spec: {
    reference: { export: { name: string } };
    permissionClaims?: { resource: string; state: string }[];
  };
}

const scope = { namespace: "default" };

export const unbound: Fault = {
  name:
    "a binding that a tenant deletes is told of and made anew, a claim that it rejects accepted again, and other workspaces go on",
  async run(environment) {
    const hub = await environment.hub();
    const inside = await environment.in("site-b");
    await hub.patch(Workspace, "site-b", {
      spec: { members: [{ user: "bob", role: "admin" }] },
    });
    // Ann was handed the whole workspace by an administrator of kcp.
    await makeAdmin(inside, "ann");
    const path = `${HUB}:site-b`;
    const [ann, bob] = [
      await environment.as("ann", path),
      await environment.as("bob", path),
    ];
    for (const [name, client] of Object.entries({ ann, bob })) {
      await environment.until(
        `${name} was in`,
        () => client.list(Agent, scope).then(() => true),
      );
    }
    const bindingIn = async () => {
      const { items } = await inside.list<Binding>(APIBinding);
      return items.find((b) => b.spec.reference.export.name === Agent.group);
    };
    const first = await bindingIn();
    const { name } = first!.metadata;
    // A member, also an administrator of the workspace's objects, cannot.
    await assert.rejects(bob.delete(APIBinding, name), isForbidden);

    const press = async () =>
      await inside.tryGet<Agent>(Agent, "press-1", scope);
    const before = await press();
    await ann.patch(Agent, "press-1", {
      metadata: { finalizers: ["example.com/held"] },
    }, scope);
    await ann.delete(APIBinding, name);
    const told = await environment.until("the Workspace told", async () => {
      const { status } = await hub.get<Workspace>(Workspace, "site-b");
      const ready = getCondition(status?.conditions, "Ready");
      return ready?.message.includes("example.com/held") && ready;
    });
    assert.equal(told.status, "False");
    assert.match(
      told.message,
      /kcp workspace root:faros:site-b .*APIBinding edge\.faros\.sh\S* is being deleted with all objects of edge\.faros\.sh.* made anew/,
    );
    await environment.untilAccepted("site-a", "elsewhere");

    await ann.patch(
      Agent,
      "press-1",
      { metadata: { finalizers: null } },
      scope,
    );
    await environment.until("the binding was another", async () => {
      const now = await bindingIn();
      return now && now.metadata.uid !== first!.metadata.uid;
    });
    await environment.until("site-b was ready again", async () => {
      const { status } = await hub.get<Workspace>(Workspace, "site-b");
      return isTrue(status?.conditions, "Ready");
    });
    await untilEvent(environment, "BindingMissing");
    // Git brings back what was in it, as another object.
    await environment.untilAssigned(
      "site-b",
      ["press-1"],
      ({ metadata }) => metadata.uid !== before!.metadata.uid,
    );
    await sameAsInside(environment, "site-b");

    // kcp may write its status in between.
    await environment.until("ann rejected a claim", async () => {
      const live = (await bindingIn())!;
      return await ann.update<Binding>(APIBinding, {
        ...live,
        spec: {
          ...live.spec,
          permissionClaims: live.spec.permissionClaims!.map((claim) =>
            claim.resource === "secrets"
              ? { ...claim, state: "Rejected" }
              : claim
          ),
        },
      });
    });
    await untilEvent(environment, "ClaimsRejected");
    const now = await bindingIn();
    assert.ok(now!.spec.permissionClaims!.every((c) => c.state === "Accepted"));
    await environment.untilAccepted("site-b", "with-secrets");
    await untilConflict(environment, ann);
  },
};

/** A kind of the tenant's own has the name of one of Faros's. */
async function untilConflict(
  environment: FaultsEnvironment,
  tenant: KubeClient,
): Promise<void> {
  const { group, plural, kind, version } = Monitoring;
  const { kcp } = environment;
  const hub = await environment.hub();
  const find = async () => {
    const { items } = await tenant.list<Binding>(APIBinding);
    return items.find((b) => b.spec.reference.export.name === group);
  };
  await kcp.stopHub();
  await tenant.delete(APIBinding, (await find())!.metadata.name);
  await environment.until("it was gone", async () => !await find());
  const definition: KubeObject & { spec: unknown } = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: core.CustomResourceDefinition.kind,
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind },
      versions: [{
        name: version,
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object" } },
      }],
    },
  };
  await tenant.create<KubeObject>(core.CustomResourceDefinition, definition);
  await kcp.startHub();
  const { message } = await environment.until(
    "the Workspace told",
    async () => {
      const { status } = await hub.get<Workspace>(Workspace, "site-b");
      return getCondition(status?.conditions, "Stalled");
    },
  );
  assert.match(
    message,
    /APIBinding plugins\.faros\.sh is not bound yet: .*; delete what has the name/,
  );
  await environment.untilAccepted("site-a", "without-a-conflict");
  await tenant.delete(core.CustomResourceDefinition, `${plural}.${group}`);
  await environment.until("site-b was ready again", async () => {
    const { status } = await hub.get<Workspace>(Workspace, "site-b");
    return isTrue(status?.conditions, "Ready");
  });
  // What the device runs is back, too.
  const commit = await environment.change("site-b");
  await environment.untilAssigned(
    "site-b",
    ["press-1"],
    ({ status }) => status?.assignment?.commit === commit,
  );
}

/** Waits until `kubectl describe workspace site-b` would tell. */
async function untilEvent(
  environment: FaultsEnvironment,
  reason: string,
): Promise<void> {
  const hub = await environment.hub();
  await environment.until(`event ${reason} was told`, async () => {
    const { items } = await hub.list<
      KubeObject & { reason?: string; involvedObject: { name: string } }
    >(core.Event, scope);
    return items.some((event) =>
      event.reason === reason && event.involvedObject.name === "site-b"
    );
  });
}

/** Waits until the hub takes the same for Agents of a workspace as are there. */
export async function sameAsInside(
  environment: FaultsEnvironment,
  site: string,
): Promise<void> {
  const uids = (agents: KubeObject[]) =>
    agents.map(({ metadata }) => metadata.uid).sort().join();
  await environment.until(`the hub saw what is in ${site}`, async () => {
    const { items } = await environment.kcp.kcp.client.listAll(Agent);
    const seen = items.filter((a) => a.metadata.namespace === site);
    return uids(seen) === uids(await environment.agents(site));
  });
}
