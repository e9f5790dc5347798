import assert from "node:assert/strict";
import { ADMIN, testCluster } from "../controllers/testing.ts";
import { toTable } from "../table/mod.ts";
import { eventually, refused, withServer } from "../test_client.ts";
import type { JsonObject, KubeObject, ResourceDefinition } from "../types.ts";
import { builtinSchema } from "./schemas.ts";

const RBAC = "rbac.authorization.k8s.io";

async function withNamespace() {
  const cluster = await testCluster();
  const admin = cluster.as(ADMIN);
  const create = (
    [group, resource]: [string, string],
    object: JsonObject,
    namespace = "default",
  ) => {
    const served = cluster.registry.resources.stored({ group, resource })!;
    const scope = served.definition.namespaced ? { namespace } : {};
    return admin.create({ group, resource, ...scope }, {
      apiVersion: served.apiVersion,
      kind: served.definition.kind,
      ...object,
    });
  };
  const update = (
    [group, resource]: [string, string],
    object: KubeObject,
    changes: JsonObject,
  ) => {
    const { name, namespace } = object.metadata;
    return admin.update({ group, resource, name, namespace }, {
      ...structuredClone(object),
      ...changes,
    } as JsonObject);
  };
  await create(["", "namespaces"], { metadata: { name: "default" } });
  return { cluster, create, update };
}

/** Texts of a 422, as kubectl lists them. */
function texts(error: { details: { causes: JsonObject[] } }): string[] {
  return error.details.causes.map((c) => `${c.field}: ${c.message}`);
}

async function problems(work: Promise<unknown>): Promise<string[]> {
  try {
    await work;
  } catch (error) {
    return texts(error as { details: { causes: JsonObject[] } });
  }
  throw new Error("nothing was refused");
}

const SECRETS: [string, string] = ["", "secrets"];
const MAPS: [string, string] = ["", "configmaps"];

Deno.test("a Secret's stringData ends in data", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const secret = await create(SECRETS, {
    metadata: { name: "s" },
    data: { a: btoa("old"), b: btoa("b") },
    stringData: { a: "new ü" },
  });
  assert.equal(secret.type, "Opaque");
  assert.equal(secret.stringData, undefined);
  const bytes = Uint8Array.from(atob(secret.data.a), (c) => c.charCodeAt(0));
  assert.equal(new TextDecoder().decode(bytes), "new ü");
  const next = await update(SECRETS, secret, { stringData: { b: "c" } });
  assert.equal(atob(next.data.b), "c");
});

Deno.test("a Secret's keys, base64 and type are checked", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const metadata = { name: "s" };
  assert.deepEqual(
    await problems(create(SECRETS, { metadata, stringData: { "a b": "x" } })),
    [
      `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  );
  await assert.rejects(create(SECRETS, { metadata, data: { a: "%%%" } }), {
    code: 400,
    message:
      'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 0',
  });
  const typed = (type: string) => problems(create(SECRETS, { metadata, type }));
  assert.deepEqual(await typed("kubernetes.io/tls"), [
    "data[tls.crt]: Required value",
    "data[tls.key]: Required value",
  ]);
  assert.deepEqual(await typed("kubernetes.io/service-account-token"), [
    "metadata.annotations[kubernetes.io/service-account.name]: Required value",
  ]);
  assert.deepEqual(await typed("kubernetes.io/basic-auth"), [
    "data[username]: Required value",
    "data[password]: Required value",
  ]);
  const secret = await create(SECRETS, { metadata });
  assert.deepEqual(await problems(update(SECRETS, secret, { type: "x" })), [
    'type: Invalid value: "x": field is immutable',
  ]);
});

Deno.test("immutable Secrets and ConfigMaps stay as they are", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const metadata = { name: "x" };
  const forbidden = (field: string) =>
    `${field}: Forbidden: field is immutable when \`immutable\` is set`;
  const secret = await create(SECRETS, { metadata, immutable: true });
  assert.deepEqual(
    await problems(
      update(SECRETS, secret, { stringData: { a: "b" }, immutable: undefined }),
    ),
    [forbidden("immutable"), forbidden("data")],
  );
  const map = await create(MAPS, {
    metadata,
    immutable: true,
    data: { a: "b" },
  });
  assert.deepEqual(await problems(update(MAPS, map, { data: { a: "c" } })), [
    forbidden("data"),
  ]);
});

Deno.test("a key stands in data or in binaryData of a ConfigMap", async () => {
  const { cluster, create } = await withNamespace();
  await using _ = cluster;
  const object = {
    metadata: { name: "x" },
    data: { a: "x", "..b": "y" },
    binaryData: { a: btoa("x") },
  };
  assert.deepEqual(await problems(create(MAPS, object)), [
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    `data[..b]: Invalid value: "..b": must not start with '..'`,
  ]);
});

Deno.test("data beyond a mebibyte is refused", async () => {
  const { cluster, create } = await withNamespace();
  await using _ = cluster;
  const data = { a: "x".repeat(1024 * 1024 + 1) };
  for (const kind of [SECRETS, MAPS]) {
    const field = kind === SECRETS ? "stringData" : "data";
    const [first] = await problems(
      create(kind, { metadata: { name: "x" }, [field]: data }),
    );
    assert.match(first!, /Too long: may not be more than 1048576 bytes/);
  }
});

Deno.test("a Namespace is labelled, active and held by its finalizer", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const namespaces: [string, string] = ["", "namespaces"];
  const namespace = await create(namespaces, {
    metadata: { name: "a" },
    spec: { finalizers: ["example.com/hold"] },
    status: { phase: "Terminating" },
  });
  assert.deepEqual(namespace.metadata.labels, {
    "kubernetes.io/metadata.name": "a",
  });
  assert.deepEqual(namespace.spec.finalizers, [
    "example.com/hold",
    "kubernetes",
  ]);
  assert.deepEqual(namespace.status, { phase: "Active" });
  const same = await update(namespaces, namespace, {
    spec: { finalizers: [] },
    metadata: { name: "a", labels: { x: "y" } },
  });
  assert.deepEqual(same.spec, namespace.spec);
  assert.equal(same.metadata.labels?.["kubernetes.io/metadata.name"], "a");
  assert.deepEqual(
    await problems(
      create(namespaces, {
        metadata: { name: "b" },
        spec: { finalizers: ["a"] },
      }),
    ),
    [
      'spec.finalizers: Invalid value: "a": name is neither a standard finalizer name nor is it fully qualified',
    ],
  );
});

Deno.test("Roles and bindings are checked as by kube-apiserver", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const metadata = { name: "x" };
  const roles: [string, string] = [RBAC, "roles"];
  const bindings: [string, string] = [RBAC, "rolebindings"];
  assert.deepEqual(
    await problems(create(roles, {
      metadata,
      rules: [
        { verbs: ["get"], resources: ["x"] },
        { verbs: ["get"], nonResourceURLs: ["/x"] },
        { apiGroups: [""], resources: ["x"] },
      ],
    })),
    [
      "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
      "rules[2].verbs: Required value",
    ],
  );
  assert.deepEqual(
    await problems(create(bindings, {
      metadata,
      subjects: [
        { kind: "ServiceAccount", name: "a", apiGroup: "k" },
        { kind: "User", name: "a", apiGroup: "k" },
        { kind: "Other", name: "a" },
      ],
    })),
    [
      'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"',
      'subjects[0].apiGroup: Unsupported value: "k": supported values: ""',
      `subjects[1].apiGroup: Unsupported value: "k": supported values: "${RBAC}"`,
      'subjects[2].kind: Unsupported value: "Other": supported values: "ServiceAccount", "User", "Group"',
      "roleRef.name: Required value",
    ],
  );
  await create(roles, { metadata, rules: [] });
  const binding = await create(bindings, {
    metadata,
    roleRef: { kind: "Role", name: "x" },
    subjects: [{ kind: "User", name: "a" }],
  });
  assert.equal(binding.roleRef.apiGroup, RBAC);
  assert.equal(binding.subjects[0].apiGroup, RBAC);
  assert.deepEqual(
    await problems(
      update(bindings, binding, { roleRef: { kind: "Role", name: "y" } }),
    ),
    [
      `roleRef: Invalid value: {"APIGroup":"${RBAC}","Kind":"Role","Name":"y"}: field is immutable`,
    ],
  );
});

Deno.test("Leases, quotas and Events are checked", async () => {
  const { cluster, create } = await withNamespace();
  await using _ = cluster;
  const metadata = { name: "x" };
  assert.deepEqual(
    await problems(create(["coordination.k8s.io", "leases"], {
      metadata,
      spec: { leaseDurationSeconds: 0, leaseTransitions: -1 },
    })),
    [
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ],
  );
  assert.deepEqual(
    await problems(create(["", "resourcequotas"], {
      metadata,
      spec: { hard: { foo: 1, "count/a.b": "1500m", pods: -1 } },
    })),
    [
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota',
      'spec.hard[count/a.b]: Invalid value: "1500m": must be an integer',
      'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
    ],
  );
  assert.deepEqual(
    await problems(create(["", "events"], {
      metadata,
      involvedObject: { kind: "Secret", name: "s", namespace: "other" },
    })),
    [
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ],
  );
  const modern = {
    eventTime: "2026-01-01T00:00:00.000000Z",
    reportingComponent: "example.com/controller",
    reportingInstance: "one",
    action: "Acting",
    reason: "Because",
    type: "Normal",
  };
  await create(["", "events"], {
    metadata: { name: "afar.iIDCUeSIxkcX" },
    involvedObject: { kind: "Secret", name: "s", namespace: "other" },
    ...modern,
  });
});

Deno.test("access reviews answer for others and for oneself", async () => {
  const { cluster, create } = await withNamespace();
  await using _ = cluster;
  const group = "authorization.k8s.io";
  await create([RBAC, "roles"], {
    metadata: { name: "r" },
    rules: [{ verbs: ["get"], apiGroups: [""], resources: ["secrets"] }],
  });
  await create([RBAC, "rolebindings"], {
    metadata: { name: "b" },
    roleRef: { kind: "Role", name: "r" },
    subjects: [{ kind: "User", name: "alice" }],
  });
  const resourceAttributes = {
    verb: "get",
    resource: "secrets",
    namespace: "default",
  };
  const ask = (spec: JsonObject) =>
    create([group, "subjectaccessreviews"], { spec });
  const yes = await ask({ user: "alice", resourceAttributes });
  assert.deepEqual(yes.status, {
    allowed: true,
    reason:
      'RBAC: allowed by RoleBinding "b/default" of Role "r" to User "alice"',
  });
  const no = await ask({ user: "bob", resourceAttributes });
  assert.deepEqual(no.status, { allowed: false });
  await assert.rejects(ask({ resourceAttributes }), { code: 422 });
  await assert.rejects(ask({ user: "alice" }), { code: 422 });
  await assert.rejects(
    create([group, "localsubjectaccessreviews"], {
      spec: { user: "alice", resourceAttributes },
    }, "other"),
    {
      message:
        '.authorization.k8s.io "" is invalid: spec.resourceAttributes.namespace: Invalid value: "default": must match metadata.namespace',
    },
  );
  const rules = await cluster.as({ name: "alice", groups: [] }).create(
    { group, resource: "selfsubjectrulesreviews" },
    {
      apiVersion: `${group}/v1`,
      kind: "SelfSubjectRulesReview",
      spec: { namespace: "default" },
    },
  );
  assert.deepEqual(rules.status.resourceRules, [
    { verbs: ["get"], apiGroups: [""], resources: ["secrets"] },
  ]);
});

Deno.test("kinds are printed as by kube-apiserver", async () => {
  const { cluster, create } = await withNamespace();
  await using _ = cluster;
  const { clock, registry } = cluster;
  const metadata = { name: "x" };
  const objects: [string, string, JsonObject][] = [
    ["", "secrets", { stringData: { a: "b" } }],
    ["", "events", {
      involvedObject: { kind: "Secret", name: "s", namespace: "default" },
      reason: "R",
      message: " hello\n",
      type: "Normal",
      source: { component: "c", host: "h" },
      firstTimestamp: "2026-01-01T00:00:00Z",
      lastTimestamp: "2026-01-01T00:03:00Z",
      count: 3,
    }],
    ["coordination.k8s.io", "leases", { spec: { holderIdentity: "me" } }],
    [RBAC, "roles", {}],
    [RBAC, "rolebindings", {
      roleRef: { kind: "Role", name: "x" },
      subjects: [
        { kind: "User", name: "alice" },
        { kind: "Group", name: "g" },
        { kind: "ServiceAccount", name: "foo", namespace: "default" },
      ],
    }],
  ];
  const cells: Record<string, unknown> = {};
  for (const [group, resource, object] of objects) {
    const stored = await create([group, resource], { metadata, ...object });
    clock.time = new Date("2026-01-01T00:05:00Z");
    const served = registry.resources.stored({ group, resource })!;
    const table = toTable(served.definition, [stored], {
      includeObject: "None",
      now: clock.time,
    });
    const [row] = table.rows as { cells: unknown[] }[];
    cells[resource] = row!.cells;
    clock.time = new Date("2026-01-01T00:00:00Z");
  }
  assert.deepEqual(cells, {
    secrets: ["x", "Opaque", 1, "5m"],
    events: [
      "2m",
      "Normal",
      "R",
      "secret/s",
      "",
      "c, h",
      "hello",
      "5m",
      3,
      "x",
    ],
    leases: ["x", "me", "5m"],
    roles: ["x", "2026-01-01T00:00:00Z"],
    rolebindings: ["x", "Role/x", "5m", "alice", "g", "default/foo"],
  });
});

Deno.test("events.k8s.io shows core events and stores its own as such", async () => {
  const { cluster } = await withNamespace();
  await using _ = cluster;
  const find = (group: string): ResourceDefinition =>
    cluster.registry.resources.all().find(({ definition }) =>
      definition.group === group && definition.resource === "events"
    )!.definition;
  const { decode, encode } = find("events.k8s.io").storedAs!;
  const core = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "e", namespace: "default" },
    involvedObject: { kind: "Secret", name: "s" },
    message: "m",
    count: 2,
    source: { component: "c" },
    reportingComponent: "r",
  } as unknown as KubeObject;
  const served = decode(core);
  assert.deepEqual(served, {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: core.metadata,
    regarding: core.involvedObject,
    note: "m",
    deprecatedCount: 2,
    deprecatedSource: { component: "c" },
    reportingController: "r",
  });
  assert.deepEqual(encode(served), core);
});

Deno.test("every built-in schema has its references resolved", () => {
  const secret = builtinSchema("io.k8s.api.core.v1.ServiceAccount");
  assert.equal(
    secret.properties?.secrets?.["x-kubernetes-patch-merge-key"],
    "name",
  );
  assert.equal(
    secret.properties?.secrets?.items?.properties?.name?.type,
    "string",
  );
});

Deno.test("an Event made in either group is read, selected and changed in both", async () => {
  const { cluster, create, update } = await withNamespace();
  await using _ = cluster;
  const made = await create(["events.k8s.io", "events"], {
    metadata: { name: "e" },
    regarding: { kind: "Secret", name: "s", namespace: "default" },
    eventTime: "2026-01-01T00:00:00.000000Z",
    type: "Normal",
    reason: "R",
    action: "A",
    note: "hello",
    reportingController: "c/d",
    reportingInstance: "i",
  });
  assert.equal(made.apiVersion, "events.k8s.io/v1");
  assert.equal(made.note, "hello");
  const core = cluster.client.reader.get({
    group: "",
    resource: "events",
    namespace: "default",
    name: "e",
  })!;
  assert.equal(core.apiVersion, "v1");
  assert.equal(core.message, "hello");
  assert.equal(core.involvedObject.name, "s");
  // Named as what it is stored as.
  await assert.rejects(
    create(["events.k8s.io", "events"], {
      metadata: { name: "untimed" },
      regarding: { kind: "Secret", name: "s", namespace: "default" },
    }),
    { message: /^Event "untimed" is invalid: .*eventTime: Required value/ },
  );
  const changed = await update(["", "events"], core, { message: "more" });
  assert.equal(changed.message, "more");
  assert.deepEqual(
    await problems(
      update(["events.k8s.io", "events"], made, {
        note: "other",
        metadata: { name: "e", namespace: "default" },
      }),
    ),
    ['message: Invalid value: "other": field is immutable'],
  );
});

Deno.test("each group's Events are selected by its own fields, and a token is for the account of its path", async () => {
  await withServer(async (api) => {
    const events = "/apis/events.k8s.io/v1/namespaces/default/events";
    for (const field of ["regarding.name", "reportingController", "reason"]) {
      const { code } = await api.get(`${events}?fieldSelector=${field}=x`);
      assert.equal(code, 200, field);
    }
    for (const field of ["involvedObject.name", "reportingComponent"]) {
      const other = await api.get(`${events}?fieldSelector=${field}=x`);
      refused(other, 400, /^field label not supported: /);
    }
    const accounts = "/api/v1/namespaces/default/serviceaccounts";
    await eventually(async () =>
      (await api.get(`${accounts}/default`)).code === 200
    );
    for (const account of ["default", "none"]) {
      const token = (body: JsonObject) =>
        api.post(`${accounts}/${account}/token`, { spec: {}, ...body });
      refused(
        await token({ metadata: { name: "other" } }),
        422,
        new RegExp(
          `"${account}" is invalid: metadata\\.name: .* must match the service account name if specified`,
        ),
      );
      refused(
        await token({ metadata: { name: "other", namespace: "other" } }),
        400,
        /^the namespace of the provided object does not match the namespace sent on the request$/,
      );
      refused(
        await token({ apiVersion: "v1", kind: "TokenRequest" }),
        400,
        /cannot be handled as a TokenRequest/,
      );
    }
    const named = { metadata: { name: "default", namespace: "default" } };
    const answer = await api.post(`${accounts}/default/token`, named);
    assert.equal(answer.code, 201);
    assert.ok(answer.body.status.token);
  });
});
