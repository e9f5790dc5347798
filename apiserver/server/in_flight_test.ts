import assert from "node:assert/strict";
import { requestInfo } from "../request/info.ts";
import { requestUrl } from "../request/url.ts";
import { configMap, eventually, withServer } from "../test_client.ts";
import type { TestClient } from "../test_client.ts";
import type { KubeObject } from "../types.ts";
import { InFlight, type Level } from "./in_flight.ts";

Deno.test("each kind of request has seats of its own", () => {
  const inFlight = new InFlight();
  const level = (method: string, path: string, ...groups: string[]) => {
    const info = requestInfo(method, requestUrl(`https://host${path}`));
    const seats = inFlight.seatsOf({ name: "ada", groups }, info);
    return Object.keys(inFlight.levels)
      .find((name) => inFlight.levels[name as Level] === seats);
  };
  const leases = "/apis/coordination.k8s.io/v1/namespaces/a/leases";
  assert.equal(level("GET", "/api/v1/pods"), "readOnly");
  assert.equal(level("GET", "/api/v1/pods?watch=1"), "readOnly");
  assert.equal(level("GET", "/apis"), "readOnly");
  assert.equal(level("DELETE", "/api/v1/pods"), "mutating");
  assert.equal(level("POST", "/api/v1/namespaces/a/pods"), "mutating");
  assert.equal(level("POST", leases), "leases");
  assert.equal(level("PUT", `${leases}/leader`), "leases");
  assert.equal(level("GET", "/apis/example.com/v1/leases"), "readOnly");
  assert.equal(level("GET", "/readyz/storage"), "exempt");
  assert.equal(level("GET", "/livezz"), "readOnly");
  assert.equal(level("POST", leases, "system:masters"), "exempt");
});

const CORE = "/api/v1/namespaces/default";

/** A ServiceAccount that may do everything, on a connection of its own. */
async function account(api: TestClient, name: string) {
  await api.post(`${CORE}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name },
  });
  const group = "rbac.authorization.k8s.io";
  await api.post(`/apis/${group}/v1/clusterrolebindings`, {
    apiVersion: `${group}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: group, kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name, namespace: "default" }],
  });
  const { body: { status } } = await api.post(
    `${CORE}/serviceaccounts/${name}/token`,
    { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  );
  const client = Deno.createHttpClient({ caCerts: [api.server.caData] });
  return {
    async create(path: string, body: BodyInit) {
      const response = await fetch(api.server.url + path, {
        client,
        method: "POST",
        headers: {
          authorization: `Bearer ${status.token}`,
          "content-type": "application/json",
        },
        body,
      });
      await response.body?.cancel();
      return response;
    },
    [Symbol.dispose]: () => client.close(),
  };
}

Deno.test("a greedy client keeps neither a modest one nor a leader waiting", async () => {
  await withServer(async (api) => {
    const maps = `${CORE}/configmaps`;
    const map = (name: string) => JSON.stringify(configMap(name));
    const waiting = (count: number) =>
      eventually(async () =>
        (await api.get("/metrics")).body.includes(
          `\napiserver_current_inqueue_mutating ${count}\n`,
        )
      );
    using greedy = await account(api, "greedy");
    using modest = await account(api, "modest");

    // Takes the only seat for as long as its body takes.
    const { readable, writable } = new TransformStream<Uint8Array>();
    const held = greedy.create(maps, readable);
    await eventually(async () =>
      (await api.get("/metrics")).body.includes(
        "\napiserver_current_inflight_mutating 1\n",
      )
    );
    const flood = Promise.all(
      Array.from({ length: 60 }, (_, i) => greedy.create(maps, map(`g-${i}`))),
    );
    await waiting(30);
    const asked = modest.create(maps, map("modest"));
    await waiting(31);
    const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
    const lease = await modest.create(
      leases,
      JSON.stringify({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "modest" },
        spec: {},
      }),
    );
    assert.equal(lease.status, 201);

    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode(map("held")));
    await writer.close();
    assert.equal((await held).status, 201);
    assert.equal((await asked).status, 201);
    const answers = await flood;
    const refused = answers.filter(({ status }) => status === 429);
    assert.equal(refused.length, 30);
    assert.equal(refused[0]!.headers.get("retry-after"), "1");
    assert.ok(answers.every(({ status }) => status === 429 || status === 201));

    const { body } = await api.get(maps);
    const order = body.items
      .toSorted((a: KubeObject, b: KubeObject) =>
        Number(a.metadata?.resourceVersion) -
        Number(b.metadata?.resourceVersion)
      )
      .map((item: KubeObject) => item.metadata?.name)
      .filter((name: string) => name !== "kube-root-ca.crt");
    assert.equal(order.length, 32);
    assert.equal(order.indexOf("modest"), 2, `${order}`);
    const metrics = (await api.get("/metrics")).body;
    assert.match(metrics, /\napiserver_current_inflight_mutating 0\n/);
    assert.match(metrics, /\napiserver_refused_mutating_total 30\n/);
  }, { inFlight: { mutating: 1, queueLength: 30 } });
});
