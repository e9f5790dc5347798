import assert from "node:assert/strict";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "../../../tests/engines/kube_apiserver.ts";
import { eventually, withServer } from "../../test_client.ts";
import type { KubeObject } from "../../types.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const KINDS = ["clusterroles", "clusterrolebindings", "roles", "rolebindings"];

/** Roles and bindings by `kind namespace/name`, without what differs from server to server. */
async function policyOf(
  get: (path: string) => Promise<{ items: KubeObject[] }>,
): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const kind of KINDS) {
    for (const object of (await get(`${RBAC}/${kind}`)).items) {
      const { namespace = "", name, labels, annotations } = object.metadata;
      const { rules, aggregationRule, subjects, roleRef } = object;
      found[`${kind} ${namespace}/${name}`] = {
        labels,
        annotations,
        rules,
        aggregationRule,
        subjects,
        roleRef,
      };
    }
  }
  return found;
}

Deno.test("with all kinds there are the default roles and bindings of controllers and nodes, by default there are not", async () => {
  const controller =
    "clusterrolebindings /system:controller:deployment-controller";
  const locker =
    "roles kube-system/system::leader-locking-kube-controller-manager";
  await withServer(async (api) => {
    const all = await policyOf(async (path) => (await api.get(path)).body);
    assert.deepEqual(
      (all[controller] as KubeObject).subjects,
      [{
        kind: "ServiceAccount",
        name: "deployment-controller",
        namespace: "kube-system",
      }],
    );
    assert.ok(all[locker]);
  }, { builtins: "all" });
  await withServer(async (api) => {
    const few = await policyOf(async (path) => (await api.get(path)).body);
    assert.ok(few["clusterroles /view"]);
    assert.deepEqual([few[controller], few[locker]], [undefined, undefined]);
  });
});

const missing = kubeApiserverMissing();

Deno.test({
  name: `the default roles and bindings are those of kube-apiserver${
    missing ? `, skipped: ${missing}` : ""
  }`,
  ignore: missing !== undefined,
  async fn() {
    const kube = (await startKubeApiserver({ controllerManager: true }))!;
    const client = Deno.createHttpClient({ caCerts: [kube.caData] });
    try {
      const get = async (path: string) => {
        const response = await fetch(kube.url + path, {
          client,
          headers: { authorization: `Bearer ${kube.adminToken}` },
        });
        return await response.json();
      };
      await withServer(async (api) => {
        const own = () => policyOf(async (path) => (await api.get(path)).body);
        // Aggregated roles get their rules after the others.
        const rules = async (of: () => Promise<Record<string, unknown>>) =>
          ((await of())["clusterroles /admin"] as KubeObject)?.rules?.length;
        await eventually(
          async () =>
            await rules(own) > 10 && await rules(() => policyOf(get)) > 10,
          60_000,
        );
        assert.deepEqual(await own(), await policyOf(get));
      }, { builtins: "all" });
    } finally {
      client.close();
      await kube.close();
    }
  },
});
