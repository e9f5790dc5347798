import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import type { PublicJwk } from "../api/plugin_entry.ts";
import { Lease, Secret } from "../api/core.ts";
import { Enrollment } from "../api/enrollment.ts";
import { Monitoring } from "../api/monitoring.ts";
import { REQUESTED_AT_ANNOTATION, SYSTEM_NAMESPACE } from "../api/names.ts";
import { Registration } from "../api/registration.ts";
import { startHub } from "../hub/mod.ts";
import { isTrue } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { TestDevice } from "./hub/device.ts";
import {
  condition,
  engines,
  HubEnvironment,
  probePlugin,
} from "./hub/environment.ts";

const scope = { namespace: "plant" };
const [embedded] = engines;

async function start(
  options: Parameters<typeof HubEnvironment.start>[1] = {},
): Promise<HubEnvironment> {
  const environment = await HubEnvironment.start(embedded!, {
    catalogue: [probePlugin()],
    ...options,
  });
  await environment.workspace("plant", { plugins: [{ name: "probe" }] });
  await environment.create(Monitoring, "probe", {
    ...scope,
    spec: { type: "probe" },
  });
  await environment.create(Agent, "press-1", {
    ...scope,
    spec: { plugins: [{ name: "probe" }] },
  });
  return environment;
}

const assigned = (agent: Agent) => agent.status?.assignment;

/** Enrols a device as press-1. */
async function enroll(environment: HubEnvironment) {
  await environment.create(Registration, "line", scope);
  await environment.until(
    Registration,
    { ...scope, name: "line" },
    "is Ready",
    condition("Ready"),
  );
  const device = await TestDevice.make();
  await device.enroll(environment.client, {
    ...scope,
    agent: "press-1",
    registration: "line",
    token: (await environment.secret("plant", "join-line")).token!,
  });
  const { status } = await environment.until<Enrollment>(
    Enrollment,
    { ...scope, name: device.id },
    "is Enrolled",
    condition("Ready", "Enrolled"),
  );
  return { device, credential: await device.decrypt(status!.credential!) };
}

Deno.test("signing keys rotate: devices learn the next one, and all is signed anew before the old one ends", async () => {
  await using environment = await start({
    keyRotation: { overlap: 300, retention: 300 },
  });
  const { client, hub } = environment;
  const before = await environment.untilAgent(
    "plant",
    "press-1",
    "is assigned",
    assigned,
  );
  const old = before.status!.assignment!.signer;
  const keys = async () => {
    const response = await fetch(`${hub.url}/faros.sh/api/v1alpha1/keys`);
    return await response.json() as {
      keys: { id: string; key: PublicJwk }[];
      endorsements: string[];
    };
  };
  await enroll(environment);
  const { keys: [first] } = await keys();
  await client.patch(Secret, "faros-hub-keys", {
    metadata: {
      annotations: {
        // By a clock that is ahead of the hub's, as a laptop's may be.
        [REQUESTED_AT_ANNOTATION]: new Date(Date.now() + 2000).toISOString(),
      },
    },
  }, { namespace: SYSTEM_NAMESPACE });
  await eventually(async () => {
    const { keys: [current, ...others], endorsements } = await keys();
    return current!.id !== old && endorsements.length && !others.length;
  }, { what: "only a new, endorsed key is left" });
  const { status } = await environment.untilAgent(
    "plant",
    "press-1",
    "is assigned by the new key",
    ({ status }) => status?.assignment && status.assignment.signer !== old,
  );
  assert.ok(
    status!.assignment!.counter > before.status!.assignment!.counter,
  );
  await environment.untilAgent(
    "plant",
    "press-1",
    "is accepted",
    condition("Ready", "Accepted"),
  );
  // Who joins from now on is told of the new key.
  await eventually(async () => {
    const { kubeconfig } = await environment.secret("plant", "join-line");
    return (await keys()).keys.every(({ key }) =>
      kubeconfig!.includes(key.x)
    ) &&
      !kubeconfig!.includes(first!.key.x);
  }, { what: "the join kubeconfig names the new key" });
});

Deno.test("Online follows the Lease by the hub's clock", async () => {
  await using environment = await start();
  const { credential } = await enroll(environment);
  const until = (reason: string) =>
    environment.untilAgent(
      "plant",
      "press-1",
      `is ${reason}`,
      ({ status }) =>
        status?.conditions?.some((c) =>
          c.type === "Online" && c.reason === reason
        ),
    );
  await until("NeverSeen");
  const device = environment.as(credential.token);
  // A device whose clock is far off is as online as any other.
  const renew = (time: string) =>
    device.patch(Lease, "press-1", {
      spec: { renewTime: time, leaseDurationSeconds: 1 },
    }, scope);
  await renew("1999-01-01T00:00:00.000000Z");
  await until("LeaseRenewed");
  await until("LeaseExpired");
  await renew("1999-01-01T00:00:20.000000Z");
  await until("LeaseRenewed");
  device.close();
  const metrics = await (await fetch(`${environment.hub.url}/metrics`)).text();
  assert.match(metrics, /^faros_devices\{online="true"\} \d/m);
  assert.match(
    metrics,
    /^faros_reconciles_total\{controller="agent",outcome="done"\} \d+$/m,
  );
  assert.match(
    metrics,
    /^faros_queue_depth\{controller="agent",state="waiting"\} \d+$/m,
  );
  assert.match(
    metrics,
    /^faros_reconcile_duration_seconds_bucket\{controller="agent",le="\+Inf"\} \d+$/m,
  );
});

Deno.test("an artifact is served by its hash to those the engine knows", async () => {
  await using environment = await start();
  const { credential } = await enroll(environment);
  const { status } = await environment.untilAgent(
    "plant",
    "press-1",
    "is assigned",
    assigned,
  );
  const device = environment.as(credential.token);
  const revision = await device.get(
    { ...Agent, plural: "revisions", kind: "Revision" },
    status!.assignment!.revision,
    scope,
  ) as unknown as {
    spec: { plugins: { artifacts: { url: string; digest: string }[] }[] };
  };
  device.close();
  const { url, digest } = revision.spec.plugins[0]!.artifacts[0]!;
  assert.match(url, /^\/faros\.sh\/api\/v1alpha1\/artifacts\/sha256\//);
  const get = (path: string, token = credential.token) =>
    fetch(environment.hub.url + path, {
      headers: { Authorization: `Bearer ${token}` },
    });
  const response = await get(url);
  assert.equal(await response.text(), 'export default "probe 1.0.0";\n');
  assert.equal(response.headers.get("ETag"), `"${digest}"`);
  const codes = [];
  for (
    const [path, token] of [[url, "x"], [url.slice(0, -1) + "z", undefined]]
  ) {
    const refused = await get(path!, token);
    codes.push(refused.status);
    await refused.body?.cancel();
  }
  assert.deepEqual(codes, [401, 404]);
});

Deno.test("a second hub stands by, and takes over where the first stopped", async () => {
  await using environment = await start({ leaderElection: true });
  const { client, server, hub } = environment;
  await environment.untilAgent("plant", "press-1", "is assigned", assigned);
  const stateDir = await Deno.makeTempDir({ prefix: "faros-hub-" });
  try {
    await using second = await startHub({
      client,
      engine: { url: server.url, caData: server.caData },
      stateDir,
      gitops: false,
      catalogue: [probePlugin()],
    });
    // It serves meanwhile.
    const ready = await fetch(`${second.url}/readyz`);
    assert.equal(
      await ready.text(),
      "[+]engine ok\n[+]shutdown ok\nreadyz check passed\n",
    );
    await hub.close();
    await environment.create(Agent, "press-2", {
      ...scope,
      spec: { plugins: [{ name: "probe" }] },
    });
    const { status } = await environment.untilAgent(
      "plant",
      "press-2",
      "is assigned by the second hub",
      assigned,
    );
    assert.ok(isTrue(status!.conditions, "Ready"));
    await second.leading;
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
});
