/** The client against both API servers; a real one needs `KUBEBUILDER_ASSETS`. */
import assert from "node:assert/strict";
import type { KubeObject } from "../api/meta.ts";
import { startApiServer } from "../apiserver/mod.ts";
import { KubeClient } from "../kube/client.ts";
import { clusterConfig } from "../kube/cluster_config.ts";
import { markReady, setCondition } from "../kube/conditions.ts";
import { createEventRecorder } from "../kube/events.ts";
import { createInformer } from "../kube/informer.ts";
import { loadKubeconfig } from "../kube/kubeconfig.ts";
import { runWithLease } from "../kube/leader_election.ts";
import { type Lease, LEASES } from "../kube/lease.ts";
import { renewLease } from "../kube/renew_lease.ts";
import { createRestClient } from "../kube/rest_client.ts";
import type { Resource } from "../kube/resource.ts";
import { applyStatus } from "../kube/status.ts";
import { runController } from "../kube/reconciler.ts";
import { createAuthority } from "../kube/testing/certificates.ts";
import { eventually } from "../kube/testing/eventually.ts";
import {
  kubeApiserverMissing,
  startKubeApiserver,
} from "./engines/kube_apiserver.ts";

const core = (plural: string, kind: string, namespaced = true): Resource => ({
  group: "",
  version: "v1",
  plural,
  kind,
  namespaced,
});
const NAMESPACES = core("namespaces", "Namespace", false);
const MAPS = core("configmaps", "ConfigMap");
const SERVICE_ACCOUNTS = core("serviceaccounts", "ServiceAccount");
const CRDS: Resource = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};
const WIDGETS: Resource = {
  group: "test.faros.sh",
  version: "v1",
  plural: "widgets",
  kind: "Widget",
  namespaced: true,
};

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

interface Widget extends KubeObject {
  spec?: { size?: number };
  status?: Record<string, unknown>;
}

function configMap(name: string, data?: Record<string, string>): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data,
  };
}

const WIDGET_CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.test.faros.sh" },
  spec: {
    group: "test.faros.sh",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      subresources: { status: {} },
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: {
            spec: {
              type: "object",
              properties: { size: { type: "integer" } },
            },
            status: {
              type: "object",
              "x-kubernetes-preserve-unknown-fields": true,
              properties: {
                conditions: {
                  type: "array",
                  "x-kubernetes-list-type": "map",
                  "x-kubernetes-list-map-keys": ["type"],
                  items: {
                    type: "object",
                    required: ["type"],
                    properties: Object.fromEntries(
                      [
                        "type",
                        "status",
                        "reason",
                        "message",
                        "lastTransitionTime",
                      ].map((name) => [name, { type: "string" }]),
                    ),
                  },
                },
                names: {
                  type: "array",
                  "x-kubernetes-list-type": "set",
                  items: { type: "string" },
                },
              },
            },
          },
        },
      },
    }],
  },
};

interface Server {
  url: string;
  adminToken: string;
  caData: string;
}

async function runAll(t: Deno.TestContext, server: Server): Promise<void> {
  const { url, caData, adminToken: token } = server;
  const config = { server: url, caData, token, namespace: "default" };
  using client = new KubeClient(createRestClient(config));
  for (const [name, test] of Object.entries(TESTS)) {
    await t.step(name, () => test(client, server));
  }
}

Deno.test("client on the embedded API server", async (t) => {
  await using server = await startApiServer();
  await runAll(t, server);
});

Deno.test({
  name: "client on a real kube-apiserver",
  ignore: !!kubeApiserverMissing(),
  async fn(t) {
    const authority = await createAuthority();
    const caFile = await Deno.makeTempFile();
    await Deno.writeTextFile(caFile, authority.ca);
    const server = (await startKubeApiserver({
      args: [`--client-ca-file=${caFile}`],
    }))!;
    try {
      await runAll(t, server);
      await t.step("presents a client certificate", async () => {
        const { cert, key } = await authority.client("carol");
        const { url, caData } = server;
        using carol = new KubeClient(createRestClient({
          server: url,
          caData,
          clientCert: cert,
          clientKey: key,
        }));
        await assert.rejects(carol.list(NAMESPACES), {
          code: 403,
          message: /User "carol" cannot list/,
        });
      });
      await t.step("is configured by a kubeconfig", async () => {
        const { kubeconfigPath: path } = server;
        const config = clusterConfig(await loadKubeconfig({ path }));
        using client = new KubeClient(createRestClient(config));
        assert((await client.list(NAMESPACES)).items.length > 0);
      });
    } finally {
      await server.close();
      await Deno.remove(caFile);
    }
  },
});

type Test = (client: KubeClient, server: Server) => Promise<void>;

const TESTS: Record<string, Test> = {
  async "creates, reads, replaces, patches and deletes"(client) {
    const made = await client.create(MAPS, configMap("crud", { a: "1" }));
    await assert.rejects(client.create(MAPS, configMap("crud")), {
      code: 409,
      reason: "AlreadyExists",
    });
    const stale = await client.get<ConfigMap>(MAPS, "crud");
    await client.update(MAPS, { ...made, data: { a: "2" } });
    await assert.rejects(client.update(MAPS, { ...stale, data: {} }), {
      code: 409,
      reason: "Conflict",
    });
    const inDefault = { namespace: "default" };
    await client.patch(MAPS, "crud", { data: { b: "3" } }, inDefault);
    const json = [{ op: "remove", path: "/data/a" }];
    await client.patch(MAPS, "crud", json, { type: "json" });
    const labels = { metadata: { labels: { x: "y" } } };
    await client.patch(MAPS, "crud", labels, { type: "strategic" });
    const got = await client.get<ConfigMap>(MAPS, "crud");
    assert.deepEqual(got.data, { b: "3" });
    assert.deepEqual(got.metadata.labels, { x: "y" });
    const dry = await client.patch<ConfigMap>(
      MAPS,
      "crud",
      { data: { c: "4" } },
      { dryRun: true },
    );
    assert.deepEqual(dry.data, { b: "3", c: "4" });
    await assert.rejects(client.delete(MAPS, "crud", { uid: "other" }), {
      code: 409,
    });
    await client.delete(MAPS, "crud", { uid: got.metadata.uid });
    assert.equal(await client.tryGet(MAPS, "crud"), undefined);
    await client.delete(MAPS, "crud", { ignoreNotFound: true });
    await assert.rejects(client.delete(MAPS, "crud"), { code: 404 });
  },

  async "lists page by page, by label and across namespaces"(client) {
    const labels = { list: "yes" };
    for (let i = 0; i < 7; i++) {
      const object = configMap(`page-${i}`);
      object.metadata.labels = labels;
      await client.create(MAPS, object);
    }
    const paged = await client.listAll(MAPS, {
      labelSelector: "list=yes",
      limit: 3,
    });
    assert.deepEqual(
      paged.items.map((i) => i.metadata.name),
      [0, 1, 2, 3, 4, 5, 6].map((i) => `page-${i}`),
    );
    assert.equal(paged.items[0]!.kind, "ConfigMap");
    assert.equal(paged.metadata.continue, undefined);
    const one = await client.list(MAPS, {
      namespace: "default",
      fieldSelector: "metadata.name=page-3",
    });
    assert.equal(one.items.length, 1);
    const none = await client.list(MAPS, {
      namespace: "kube-public",
      labelSelector: "list=yes",
    });
    assert.equal(none.items.length, 0);
  },

  async "applies on the server, with owners and conflicts"(client) {
    const fieldManager = "a";
    const made = await client.apply(
      MAPS,
      configMap("ssa", { k: "1", l: "1" }),
      {
        fieldManager,
      },
    );
    // What was read can be applied; what is left out goes.
    await client.apply(MAPS, { ...made, data: { k: "2" } }, { fieldManager });
    const got = await client.get<ConfigMap>(MAPS, "ssa");
    assert.deepEqual(got.data, { k: "2" });
    const other = configMap("ssa", { k: "3" });
    await assert.rejects(client.apply(MAPS, other, { fieldManager: "b" }), {
      reason: "Conflict",
      details: {
        causes: [{
          reason: "FieldManagerConflict",
          message: 'conflict with "a"',
          field: ".data.k",
        }],
      },
    });
    await client.apply(MAPS, other, { fieldManager: "b", force: true });
    await assert.rejects(
      client.apply(MAPS, { ...other, dada: {} } as ConfigMap, {
        fieldManager: "b",
        fieldValidation: "Strict",
      }),
      { message: /unknown field|field not declared in schema/ },
    );
    await client.delete(MAPS, "ssa");
    await assert.rejects(
      client.apply(MAPS, { ...got, data: {} }, { fieldManager }),
      { code: 409 },
      "another object of that name is not what was read",
    );
  },

  async "writes a status only where that changes something"(client) {
    await client.create(CRDS, WIDGET_CRD);
    assert.equal(
      await client.discover("test.faros.sh/v1", "Nope"),
      undefined,
    );
    assert.deepEqual(
      await eventually(() => client.discover("test.faros.sh/v1", "Widget")),
      WIDGETS,
    );
    const widget = await eventually(() =>
      client.create<Widget>(WIDGETS, {
        apiVersion: "test.faros.sh/v1",
        kind: "Widget",
        metadata: { name: "w", namespace: "default" },
        spec: { size: 1 },
      })
    );
    const mark = { reason: "R", message: "m" };
    const hub = {
      conditions: markReady(undefined, mark),
      names: ["b", "a"],
      nested: { deep: [1, 2], none: undefined },
    };
    const options = { fieldManager: "hub" };
    const first = await applyStatus(client, WIDGETS, widget, hub, options);
    assert.notEqual(first, widget);
    const again = await applyStatus(client, WIDGETS, first, hub, options);
    assert.equal(again, first, "nothing was sent");
    // The device has its own part.
    const device = {
      conditions: setCondition(
        undefined,
        { type: "UpToDate", status: "True", ...mark },
      ),
      revision: "abc",
    };
    const both = await applyStatus(client, WIDGETS, first, device, {
      fieldManager: "agent",
    });
    assert.deepEqual(both.status, {
      conditions: [...hub.conditions, ...device.conditions],
      names: ["b", "a"],
      nested: { deep: [1, 2] },
      revision: "abc",
    });
    assert.equal(
      await applyStatus(client, WIDGETS, both, hub, options),
      both,
      "the other's part is no reason to write",
    );
    // What we say no more goes away, and only that.
    const less = await applyStatus(
      client,
      WIDGETS,
      both,
      { conditions: hub.conditions },
      options,
    );
    assert.deepEqual(Object.keys(less.status!).sort(), [
      "conditions",
      "revision",
    ]);
    assert.equal(less.metadata.generation, 1);
    const late = { ...options, ifUnchanged: true };
    const news = { ...hub, names: ["c"] };
    await assert.rejects(applyStatus(client, WIDGETS, both, news, late), {
      name: "KubeApiError",
      code: 409,
    });
    await applyStatus(client, WIDGETS, less, news, late);
    await client.delete(WIDGETS, "w");
    await assert.rejects(applyStatus(client, WIDGETS, less, hub, options), {
      name: "KubeApiError",
    });
  },

  async "follows a resource with an informer"(client) {
    const stop = new AbortController();
    const informer = createInformer<ConfigMap>(client, MAPS, {
      namespace: "default",
      labelSelector: "informer=yes",
      signal: stop.signal,
      // Renewed again and again meanwhile.
      watchTimeoutSeconds: 1,
    });
    const seen: string[] = [];
    informer.on(({ type, object }) =>
      seen.push(`${type} ${object.metadata.name} ${object.data?.n ?? ""}`)
    );
    await informer.synced;
    const object = configMap("followed", { n: "0" });
    object.metadata.labels = { informer: "yes" };
    await client.create(MAPS, object);
    for (let n = 1; n <= 5; n++) {
      await client.patch(MAPS, "followed", { data: { n: String(n) } });
      await eventually(() =>
        informer.get("default", "followed")?.data?.n === String(n)
      );
    }
    await client.delete(MAPS, "followed");
    await eventually(() => informer.list().length === 0);
    assert.deepEqual(seen, [
      "added followed 0",
      "updated followed 1",
      "updated followed 2",
      "updated followed 3",
      "updated followed 4",
      "updated followed 5",
      "deleted followed 5",
    ]);
    stop.abort();
    await informer.done;
  },

  async "runs a controller that brings about what it observes"(client) {
    const stop = new AbortController();
    const informer = createInformer<ConfigMap>(client, MAPS, {
      namespace: "default",
      labelSelector: "controller=yes",
      signal: stop.signal,
    });
    const running = runController({
      name: "upper",
      signal: stop.signal,
      sources: [{ informer }],
      reconcile: async ({ namespace, name }, { signal }) => {
        const object = informer.get(namespace, name);
        if (!object) return;
        await client.apply(MAPS, {
          ...configMap(name, { upper: object.data!.text!.toUpperCase() }),
        }, { fieldManager: "upper", signal });
      },
    });
    const object = configMap("reconciled", { text: "abc" });
    object.metadata.labels = { controller: "yes" };
    await client.create(MAPS, object);
    const becomes = (upper: string) =>
      eventually(async () =>
        (await client.get<ConfigMap>(MAPS, "reconciled")).data?.upper === upper
      );
    await becomes("ABC");
    await client.patch(MAPS, "reconciled", { data: { text: "xyz" } });
    await becomes("XYZ");
    stop.abort();
    await Promise.all([running, informer.done]);
  },

  async "acts as somebody else, who may less"(client) {
    const jane = client.withImpersonation({
      user: "jane",
      groups: ["readers", "others"],
    });
    await assert.rejects(jane.list(MAPS, { namespace: "default" }), {
      code: 403,
      message: /User "jane" cannot list/,
    });
    const question = { verb: "list", resource: "configmaps" };
    assert.equal((await jane.accessReview(question)).allowed, false);
    assert.equal((await client.accessReview(question)).allowed, true);
    const asked = await client.accessReview({
      ...question,
      user: "x",
      groups: ["system:masters"],
    });
    assert.equal(asked.allowed, true, "asked about another");
    const metrics = { verb: "get", nonResourcePath: "/metrics", user: "x" };
    assert.equal((await client.accessReview(metrics)).allowed, false);
  },

  async "makes tokens that the server knows"(client, server) {
    await client.create(SERVICE_ACCOUNTS, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "device", namespace: "default" },
    });
    const { token, expirationTimestamp } = await client.createToken(
      "default",
      "device",
      { expirationSeconds: 3600 },
    );
    assert(Date.parse(expirationTimestamp) > Date.now());
    const review = await client.tokenReview(token);
    assert.equal(review.user?.username, "system:serviceaccount:default:device");
    assert(review.user?.groups?.includes("system:serviceaccounts:default"));
    const bad = await client.tokenReview("nonsense");
    assert.equal(bad.authenticated, false);
    using own = new KubeClient(
      createRestClient({ server: server.url, caData: server.caData, token }),
    );
    await assert.rejects(own.list(NAMESPACES), {
      code: 403,
      message: /system:serviceaccount:default:device/,
    });
  },

  async "elects one leader, and hands over"(client) {
    const order: string[] = [];
    const stopped = new AbortController();
    const elect = (identity: string, signal: AbortSignal) =>
      runWithLease({
        client,
        namespace: "default",
        name: "leader",
        identity,
        retryPeriod: 50,
        signal,
        run: async (term) => {
          order.push(identity);
          await new Promise((resolve) =>
            term.addEventListener("abort", resolve)
          );
          order.push(`${identity} ended`);
        },
      });
    const first = elect("a", stopped.signal);
    await eventually(() => order.length === 1);
    const second = new AbortController();
    const other = elect("b", second.signal);
    await eventually(async () => {
      const lease = await client.get<Lease>(LEASES, "leader");
      return lease.spec!.renewTime! > lease.spec!.acquireTime!;
    });
    stopped.abort();
    await first;
    await eventually(() => order.length === 3);
    assert.deepEqual(order, ["a", "a ended", "b"]);
    second.abort();
    await other;
    const lease = await client.get<Lease>(LEASES, "leader");
    assert.equal(lease.spec!.holderIdentity ?? "", "");
  },

  async "renews a Lease, making it where it is not there"(client) {
    const options = {
      client,
      namespace: "default",
      name: "device-1",
      identity: "device-1",
      labels: { kind: "device" },
    };
    const made = await renewLease(options);
    assert.equal(made.metadata.labels?.kind, "device");
    const renewed = await renewLease(options);
    assert(renewed.spec!.renewTime! >= made.spec!.renewTime!);
    assert.equal(renewed.metadata.uid, made.metadata.uid);
    assert.equal(renewed.spec!.acquireTime, made.spec!.acquireTime);
  },

  async "counts repeats of an Event, as kubectl describe shows"(client) {
    const about = await client.create(MAPS, configMap("told"));
    const recorder = createEventRecorder(client, { component: "test" });
    for (let i = 0; i < 3; i++) {
      recorder.event(about, { reason: "Told", message: "again" });
    }
    recorder.event(about, {
      type: "Warning",
      reason: "Failed",
      message: "something else",
    });
    await recorder.flush();
    const { items } = await client.list(core("events", "Event"), {
      namespace: "default",
      fieldSelector: `involvedObject.uid=${about.metadata.uid}`,
    });
    const shown = items.map((item) => {
      const { type, reason, message, count, source } =
        item as unknown as Record<
          string,
          unknown
        >;
      return { type, reason, message, count, source };
    }).sort((a, b) => String(a.type).localeCompare(String(b.type)));
    const source = { component: "test" };
    assert.deepEqual(shown, [
      { type: "Normal", reason: "Told", message: "again", count: 3, source },
      {
        type: "Warning",
        reason: "Failed",
        message: "something else",
        count: 1,
        source,
      },
    ]);
  },
};
