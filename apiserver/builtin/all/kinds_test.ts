import assert from "node:assert/strict";
import { type TestClient, withServer } from "../../test_client.ts";
import type { ApiServerOptions } from "../../mod.ts";
import type { JsonObject } from "../../types.ts";

const APPS = "/apis/apps/v1/namespaces/default";
const CORE = "/api/v1/namespaces/default";
const AUTOSCALING = (version: string) =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
const CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

function withAll(
  work: (api: TestClient) => Promise<void>,
  options: ApiServerOptions = {},
): Promise<void> {
  return withServer(work, { builtins: "all", ...options });
}

function deployment(image: string): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { creationTimestamp: null, labels: { app: "web" } },
        spec: { containers: [{ name: "main", image }] },
      },
    },
  };
}

Deno.test("every built-in group and version of Kubernetes 1.37 is served, and by default only what needs no nodes", async () => {
  await withAll(async (api) => {
    const { body } = await api.get("/apis");
    const versions = body.groups.flatMap((group: JsonObject) =>
      (group.versions as JsonObject[]).map((v) => v.groupVersion)
    );
    assert.deepEqual(versions.sort(), [
      "admissionregistration.k8s.io/v1",
      "apiextensions.k8s.io/v1",
      "apiregistration.k8s.io/v1",
      "apps/v1",
      "authentication.k8s.io/v1",
      "authorization.k8s.io/v1",
      "autoscaling/v1",
      "autoscaling/v2",
      "batch/v1",
      "certificates.k8s.io/v1",
      "coordination.k8s.io/v1",
      "discovery.k8s.io/v1",
      "events.k8s.io/v1",
      "flowcontrol.apiserver.k8s.io/v1",
      "networking.k8s.io/v1",
      "node.k8s.io/v1",
      "policy/v1",
      "rbac.authorization.k8s.io/v1",
      "resource.k8s.io/v1",
      "scheduling.k8s.io/v1",
      "storage.k8s.io/v1",
      "storagemigration.k8s.io/v1",
    ]);
    const { body: core } = await api.get("/api/v1");
    const pods = core.resources.find((r: JsonObject) => r.name === "pods");
    assert.deepEqual(
      [pods.kind, pods.shortNames, pods.categories, pods.namespaced],
      ["Pod", ["po"], ["all"], true],
    );
    const service = await api.get(`${CORE}/services/kubernetes`);
    assert.equal(service.body.spec.ports[0].port, 443);
  });
  await withServer(async (api) => {
    assert.equal((await api.get(`${CORE}/pods`)).code, 404);
  });
});

Deno.test("a Deployment is defaulted, pruned, merged by its keys, scaled and counted", async () => {
  await withAll(async (api) => {
    const made = await api.post(`${APPS}/deployments`, deployment("a:1"));
    assert.equal(made.code, 201);
    assert.equal(made.body.metadata.generation, 1);
    // Metadata inside is that of an object, too.
    assert.deepEqual(made.body.spec.template.metadata, {
      labels: { app: "web" },
    });
    const path = `${APPS}/deployments/web`;
    const patched = await api.patch(path, "strategic", {
      spec: {
        template: {
          spec: {
            containers: [{ name: "side", ports: [{ containerPort: 80 }] }],
          },
        },
      },
    });
    const { containers } = patched.body.spec.template.spec;
    assert.deepEqual(containers.map((c: JsonObject) => c.name), [
      "side",
      "main",
    ]);
    assert.deepEqual(containers[0].ports, [{
      containerPort: 80,
      protocol: "TCP",
    }]);
    assert.equal(patched.body.metadata.generation, 2);
    const { body: scale } = await api.get(`${path}/scale`);
    assert.equal(scale.status.selector, "app=web");
    scale.spec.replicas = 5;
    await api.put(`${path}/scale`, scale);
    const { body } = await api.get(path, TABLE);
    assert.deepEqual(body.rows[0].cells.slice(0, 4), ["web", "0/5", 0, 0]);
    const wrong = await api.post(
      `${APPS}/deployments?fieldValidation=Strict`,
      { ...deployment("b"), spec: { replica: 1 } },
    );
    assert.match(wrong.body.message, /unknown field "spec.replica"/);
    const missing = await api.post(`${APPS}/deployments`, {
      ...deployment("b"),
      spec: {},
    });
    assert.match(missing.body.message, /spec.selector: Required value/);
  });
});

Deno.test("a Pod stays Pending, says what it is in a table, and is selected by its fields", async () => {
  await withAll(async (api) => {
    await api.post(`${CORE}/pods`, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: {
        nodeName: "n",
        containers: [{
          name: "c",
          image: "i",
          resources: { requests: { cpu: 1 } },
        }],
      },
    });
    const { body: pod } = await api.get(`${CORE}/pods/p`);
    assert.deepEqual(pod.status, { phase: "Pending", qosClass: "Burstable" });
    const { body: list } = await api.get(
      "/api/v1/pods?fieldSelector=spec.nodeName%3Dn,status.phase%3DPending",
    );
    assert.equal(list.items.length, 1);
    await api.put(`${CORE}/pods/p/status`, {
      ...pod,
      status: {
        phase: "Running",
        containerStatuses: [{
          name: "c",
          ready: true,
          restartCount: 3,
          state: { running: {} },
          image: "i",
          imageID: "",
        }],
      },
    });
    const { body: table } = await api.get(`${CORE}/pods/p`, TABLE);
    assert.deepEqual(
      table.rows[0].cells.slice(0, 4),
      ["p", "1/1", "Running", "3"],
    );
  });
});

Deno.test("an autoscaler is the same one in autoscaling/v1 and v2", async () => {
  await withAll(async (api) => {
    const target = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
    const spec = {
      scaleTargetRef: target,
      maxReplicas: 5,
      targetCPUUtilizationPercentage: 80,
    };
    const made = await api.post(AUTOSCALING("v1"), {
      metadata: { name: "h" },
      spec,
    });
    assert.deepEqual(made.body.spec, spec);
    const { body: v2 } = await api.get(`${AUTOSCALING("v2")}/h`);
    const cpu = {
      type: "Resource",
      resource: {
        name: "cpu",
        target: { type: "Utilization", averageUtilization: 80 },
      },
    };
    assert.deepEqual(v2.spec.metrics, [cpu]);
    const memory = {
      type: "Resource",
      resource: {
        name: "memory",
        target: { type: "Utilization", averageUtilization: 50 },
      },
    };
    await api.patch(`${AUTOSCALING("v2")}/h`, "merge", {
      spec: { metrics: [memory, cpu] },
    });
    const { body: v1 } = await api.get(`${AUTOSCALING("v1")}/h`);
    assert.equal(v1.spec.targetCPUUtilizationPercentage, 80);
    // What v1 has no field for goes along.
    v1.spec.maxReplicas = 6;
    await api.put(`${AUTOSCALING("v1")}/h`, v1);
    const { body: after } = await api.get(`${AUTOSCALING("v2")}/h`);
    assert.deepEqual(after.spec.metrics, [cpu, memory]);
    assert.equal(after.spec.maxReplicas, 6);
    assert.deepEqual(after.metadata.annotations, undefined);
  });
});

async function certificateRequest(): Promise<JsonObject> {
  await import("reflect-metadata");
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=someone",
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    metadata: { name: "r" },
    spec: {
      request: btoa(request.toString("pem")),
      signerName: "example.com/signer",
      usages: ["client auth"],
      username: "somebody else",
    },
  };
}

Deno.test("a certificate is requested by who asks, approved and signed by who may", async () => {
  await withAll(async (api) => {
    const made = await api.post(CSRS, await certificateRequest());
    assert.equal(made.body.spec.username, "system:admin");
    const approved = {
      ...made.body,
      status: { conditions: [{ type: "Approved", status: "True" }] },
    };
    const direct = await api.put(`${CSRS}/r/status`, approved);
    assert.match(direct.body.message, /may not add a condition of type/);
    const rbac = "/apis/rbac.authorization.k8s.io/v1";
    await api.post(`${rbac}/clusterroles`, {
      metadata: { name: "approver" },
      rules: [{
        apiGroups: ["certificates.k8s.io"],
        resources: ["certificatesigningrequests/approval"],
        verbs: ["update"],
      }],
    });
    await api.post(`${rbac}/clusterrolebindings`, {
      metadata: { name: "approver" },
      roleRef: { kind: "ClusterRole", name: "approver", apiGroup: "" },
      subjects: [{ kind: "User", name: "jane" }],
    });
    const asJane = await api.send("PUT", `${CSRS}/r/approval`, {
      body: approved,
      headers: { "impersonate-user": "jane" },
    });
    assert.match(
      asJane.body.message,
      /not permitted to approve requests with signerName "example.com\/signer"/,
    );
    const { body } = await api.put(`${CSRS}/r/approval`, approved);
    assert.equal(body.status.conditions[0].type, "Approved");
    assert.ok(body.status.conditions[0].lastUpdateTime);
    const { body: table } = await api.get(`${CSRS}/r`, TABLE);
    assert.equal(table.rows[0].cells.at(-1), "Approved");
    const bad = await api.post(CSRS, {
      metadata: { name: "bad" },
      spec: { request: "aGk=", signerName: "x", usages: [] },
    });
    assert.equal(bad.code, 422);
  });
});

Deno.test("PodTemplates come in protobuf, as Go clients send them", async () => {
  await withAll(async (api) => {
    const bytes = (...parts: (number | string)[]) =>
      parts.flatMap((part) =>
        typeof part === "string" ? [...new TextEncoder().encode(part)] : [part]
      );
    const field = (number: number, content: number[]) => [
      number << 3 | 2,
      content.length,
      ...content,
    ];
    // Structs that Go embeds have a message of their own, and none in JSON.
    const reference = field(1, field(1, bytes("settings")));
    const env = field(7, [
      ...field(1, bytes("KEY")),
      ...field(3, field(3, [...reference, ...field(2, bytes("key"))])),
    ]);
    const probe = field(10, field(1, field(1, field(1, bytes("true")))));
    const container = field(2, [
      ...field(1, bytes("main")),
      ...field(2, bytes("image")),
      ...env,
      ...probe,
    ]);
    const volume = field(1, [
      ...field(1, bytes("keys")),
      ...field(2, field(6, field(1, bytes("secret")))),
    ]);
    const object = [
      ...field(1, field(1, bytes("t"))),
      ...field(2, field(2, [...volume, ...container])),
    ];
    const type = [...field(1, bytes("v1")), ...field(2, bytes("PodTemplate"))];
    const body = new Uint8Array([
      ...bytes("k8s", 0),
      ...field(1, type),
      ...field(2, object),
    ]);
    const response = await api.server.fetch(
      new Request(new URL(`${CORE}/podtemplates`, api.server.url), {
        method: "POST",
        headers: {
          authorization: `Bearer ${api.token}`,
          "content-type": "application/vnd.kubernetes.protobuf",
        },
        body,
      }),
    );
    const made = await response.json();
    assert.equal(response.status, 201, made.message);
    assert.equal(response.headers.get("warning"), null);
    assert.deepEqual(made.template.spec, {
      volumes: [{ name: "keys", secret: { secretName: "secret" } }],
      containers: [{
        name: "main",
        image: "image",
        env: [{
          name: "KEY",
          valueFrom: { configMapKeyRef: { name: "settings", key: "key" } },
        }],
        livenessProbe: { exec: { command: ["true"] } },
      }],
    });
  });
});

Deno.test("what the control plane is made of, and devices, say what they are in a table", async () => {
  const condition = (type: string, status: string) => ({
    conditions: [{
      type,
      status,
      reason: "Reason",
      message: "",
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }],
  });
  const queuing = { queues: 9, handSize: 2, queueLengthLimit: 4 };
  const cases: {
    path: string;
    body: JsonObject;
    status?: JsonObject;
    cells: unknown[];
  }[] = [
    {
      path: "apiregistration.k8s.io/v1/apiservices",
      body: {
        spec: {
          group: "x",
          version: "v1",
          groupPriorityMinimum: 1,
          versionPriority: 1,
          service: { name: "a", namespace: "b" },
        },
      },
      status: condition("Available", "False"),
      cells: ["b/a", "False (Reason)", "0s"],
    },
    {
      path: "flowcontrol.apiserver.k8s.io/v1/flowschemas",
      body: {
        spec: {
          matchingPrecedence: 7,
          distinguisherMethod: { type: "ByUser" },
          priorityLevelConfiguration: { name: "level" },
        },
      },
      status: condition("Dangling", "True"),
      cells: ["level", 7, "ByUser", "0s", "True"],
    },
    {
      path: "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
      body: {
        spec: {
          type: "Limited",
          limited: {
            nominalConcurrencyShares: 3,
            limitResponse: { type: "Queue", queuing },
          },
        },
      },
      cells: ["Limited", 3, 9, 2, 4, "0s"],
    },
    {
      path: "resource.k8s.io/v1/namespaces/default/resourceclaims",
      body: { spec: {} },
      cells: ["pending", "0s"],
    },
    {
      path: "resource.k8s.io/v1/namespaces/default/resourceclaims",
      body: { spec: {} },
      status: {
        allocation: {},
        reservedFor: [{ resource: "pods", name: "p", uid: "u" }],
      },
      cells: ["allocated,reserved", "0s"],
    },
    {
      path: "resource.k8s.io/v1/devicetaintrules",
      body: {
        spec: {
          taint: {
            key: "k",
            effect: "NoSchedule",
            timeAdded: "2026-01-01T00:00:00Z",
          },
        },
      },
      cells: ["k", "", "NoSchedule", "24h", "0s"],
    },
    {
      path: "storagemigration.k8s.io/v1/storageversionmigrations",
      body: { spec: { resource: { group: "apps", resource: "deployments" } } },
      status: condition("Running", "True"),
      cells: ["deployments.apps", "Running"],
    },
  ];
  await withAll(async (api) => {
    for (const [i, { path, body, status, cells }] of cases.entries()) {
      const name = `v1.c${i}`;
      const made = await api.post(`/apis/${path}`, {
        metadata: { name },
        ...body,
      });
      assert.equal(made.code, 201, made.body.message);
      if (status) {
        const { code, body } = await api.patch(
          `/apis/${path}/${name}/status`,
          "merge",
          { status },
        );
        assert.equal(code, 200, body.message);
      }
      const table = await api.get(`/apis/${path}/${name}`, TABLE);
      assert.deepEqual(table.body.rows[0].cells, [name, ...cells], path);
    }
  }, { now: () => new Date("2026-01-02T00:00:00Z") });
});

Deno.test("a JSON patch adds to parts that Go writes in any case, and leaves none behind", async () => {
  await withAll(async (api) => {
    await api.post(`${APPS}/deployments`, deployment("i"));
    const path = `${APPS}/deployments/web`;
    const patch = (path: string, op: JsonObject) =>
      api.patch(path, "json", [op]);
    const nothing = await patch(path, {
      op: "test",
      path: "/status",
      value: {},
    });
    assert.equal(nothing.code, 200);
    assert.equal(nothing.body.status, undefined);
    const { code, body } = await patch(`${path}/status`, {
      op: "add",
      path: "/status/replicas",
      value: 2,
    });
    assert.deepEqual([code, body.status], [200, { replicas: 2 }]);
    assert.equal(
      nothing.body.metadata.resourceVersion,
      String(Number(body.metadata.resourceVersion) - 1),
    );
    const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
    await api.post("/api/v1/nodes", node);
    const cordoned = await patch("/api/v1/nodes/n", {
      op: "replace",
      path: "/spec/unschedulable",
      value: true,
    });
    assert.deepEqual(cordoned.body.spec, { unschedulable: true });
  });
});
