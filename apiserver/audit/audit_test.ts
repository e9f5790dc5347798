import assert from "node:assert/strict";
import { startApiServer } from "../api_server.ts";
import type { AuditLogOptions } from "./mod.ts";

interface Event {
  level: string;
  stage: string;
  auditID: string;
  verb: string;
  requestURI: string;
  user: { username?: string; groups?: string[] };
  impersonatedUser?: { username: string };
  objectRef?: Record<string, string>;
  responseStatus?: { code: number; reason?: string };
  requestObject?: { data?: unknown; metadata?: { managedFields?: unknown } };
  responseObject?: { data?: unknown; metadata?: { managedFields?: unknown } };
  annotations: Record<string, string>;
}

type Send = (
  method: string,
  path: string,
  options?: { body?: unknown; token?: string; headers?: HeadersInit },
) => Promise<Response>;

/** What the log tells of what `act` does. */
async function audited(
  act: (send: Send) => Promise<void>,
  options: Partial<AuditLogOptions> = {},
): Promise<Event[]> {
  const dir = await Deno.makeTempDir({ prefix: "audit-" });
  const file = `${dir}/audit.log`;
  try {
    const server = await startApiServer({ audit: { file, ...options } });
    try {
      await act((method, path, { body, token, headers } = {}) =>
        server.fetch(
          new Request(`${server.url}${path}`, {
            method,
            headers: {
              authorization: `Bearer ${token ?? server.adminToken}`,
              "content-type": "application/json",
              ...headers,
            },
            ...(body === undefined ? {} : {
              body: body instanceof ReadableStream
                ? body
                : JSON.stringify(body),
            }),
          }),
        )
      );
    } finally {
      await server.close();
    }
    if (Deno.build.os !== "windows") {
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
    }
    return (await Deno.readTextFile(file)).split("\n").filter(Boolean)
      .map((line) => JSON.parse(line));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const SECRETS = "/api/v1/namespaces/default/secrets";
const secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "key" },
  data: { value: "aHVzaA==" },
};
const policy = (rules: string) => ({
  text: `{apiVersion: audit.k8s.io/v1, kind: Policy, ${rules}}`,
  source: "policy.yaml",
});

Deno.test("audit: by default it tells who did what, and no Secret", async () => {
  let id: string | null = null;
  const events = await audited(async (send) => {
    const created = await send("POST", SECRETS, { body: secret });
    assert.equal(created.status, 201);
    id = created.headers.get("audit-id");
    await send("GET", `${SECRETS}/none`, {
      headers: { "impersonate-user": "ada" },
    });
    await send("GET", "/readyz");
    await send("GET", SECRETS, { token: "unknown" });
  });
  const [create, get, unknown, ...rest] = events;
  assert.deepEqual(rest, [], "health is not audited");
  assert.equal(create!.auditID, id);
  assert.equal(create!.level, "Metadata");
  assert.equal(create!.stage, "ResponseComplete");
  assert.equal(create!.user.username, "system:admin");
  assert.deepEqual(create!.objectRef, {
    resource: "secrets",
    namespace: "default",
    apiVersion: "v1",
  });
  assert.equal(create!.responseStatus!.code, 201);
  assert.equal(create!.annotations["authorization.k8s.io/decision"], "allow");
  assert.equal(get!.impersonatedUser!.username, "ada");
  assert.equal(get!.annotations["authorization.k8s.io/decision"], "forbid");
  assert.deepEqual(
    [get!.responseStatus!.code, get!.responseStatus!.reason],
    [403, "Forbidden"],
  );
  assert.deepEqual([unknown!.responseStatus!.code, unknown!.user], [401, {}]);
  assert.ok(!JSON.stringify(events).includes("aHVzaA"));
});

Deno.test("audit: a policy chooses levels, stages and bodies by the first rule that fits", async () => {
  const rules =
    `omitStages: [RequestReceived], omitManagedFields: true, rules: [
    {level: None, users: [system:admin], verbs: [delete]},
    {level: RequestResponse, resources: [{group: "", resources: [secrets]}], namespaces: [default]},
    {level: Request, resources: [{group: "", resources: [configmaps]}]}]`;
  const events = await audited(async (send) => {
    const answer = await send("POST", SECRETS, { body: secret });
    assert.equal((await answer.json()).data.value, "aHVzaA==");
    await send("DELETE", `${SECRETS}/key`);
    await send("POST", "/api/v1/namespaces/default/configmaps", {
      body: { ...secret, kind: "ConfigMap" },
    });
    await send("GET", "/api/v1/namespaces");
  }, { policy: policy(rules) });
  assert.deepEqual(
    events.map(({ level, verb, objectRef }) =>
      `${level} ${verb} ${objectRef!.resource}`
    ),
    ["RequestResponse create secrets", "Request create configmaps"],
  );
  const [whole, request] = events;
  assert.deepEqual(whole!.requestObject!.data, secret.data);
  assert.deepEqual(whole!.responseObject!.data, secret.data);
  assert.equal(whole!.responseObject!.metadata!.managedFields, undefined);
  assert.deepEqual(request!.requestObject!.data, secret.data);
  assert.equal(request!.responseObject, undefined);
});

Deno.test("audit: a stranger's body that never ends keeps nobody waiting, also where bodies are noted", async () => {
  const rules = "rules: [{level: RequestResponse}]";
  const events = await audited(async (send) => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
    });
    const { status } = await send("POST", SECRETS, { body, token: "wrong" });
    assert.equal(status, 401);
  }, { policy: policy(rules) });
  const { responseStatus, requestObject } = events.at(-1)!;
  assert.deepEqual([responseStatus!.code, requestObject], [401, undefined]);
});

Deno.test("audit: a watch is told when it starts and when it ends", async () => {
  const events = await audited(async (send) => {
    const watch = await send("GET", "/api/v1/namespaces?watch=1");
    await watch.body!.cancel();
  }, { policy: policy("rules: [{level: Metadata}]") });
  assert.deepEqual(events.map(({ stage, verb }) => `${stage} ${verb}`), [
    "RequestReceived watch",
    "ResponseStarted watch",
    "ResponseComplete watch",
  ]);
  assert.equal(new Set(events.map(({ auditID }) => auditID)).size, 1);
});

Deno.test("audit: a policy that is none stops the start, and says what is wrong with it", async () => {
  const start = (rules: string) =>
    audited(() => Promise.resolve(), { policy: policy(rules) });
  await assert.rejects(
    start("rules: [{level: All}]"),
    /Cannot read the audit policy policy\.yaml: rules\.0\.level: .*"None"/,
  );
  await assert.rejects(
    start("rules: [{level: None, user: [ada]}]"),
    /rules\.0: .*"user"/,
  );
});
