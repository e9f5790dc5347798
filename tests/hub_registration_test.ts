import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { Lease, Secret, ServiceAccount } from "../api/core.ts";
import { Enrollment } from "../api/enrollment.ts";
import type { KubeObject } from "../api/meta.ts";
import { HUB_API } from "../api/names.ts";
import { Registration } from "../api/registration.ts";
import { eventually } from "../kube/testing/eventually.ts";
import { TestDevice } from "./hub/device.ts";
import { condition, engines } from "./hub/environment.ts";
import {
  approve,
  ask,
  JOIN,
  join,
  NAMESPACE,
  refused,
  REGISTRATION,
  startWithRegistration as start,
  untilEnrollment,
} from "./hub/enrollment.ts";

const [embedded] = engines;

Deno.test("a Registration's approval, maxAgents and join token are kept to", async () => {
  await using environment = await start(embedded!, {
    approval: "Manual",
    maxAgents: 1,
  });
  const [one, two, three] = await Promise.all(
    [1, 2, 3].map(() => TestDevice.make()),
  );
  await ask(environment, one!, "press-1");
  await untilEnrollment(environment, one!, "AwaitingApproval");
  assert.equal(
    await environment.client.tryGet(Agent, "press-1", {
      namespace: NAMESPACE,
    }),
    undefined,
  );
  await approve(environment, one!);
  await untilEnrollment(environment, one!, "Enrolled");

  await ask(environment, two!, "press-2");
  await approve(environment, two!);
  await untilEnrollment(environment, two!, "MaxAgentsReached");

  await three!.enroll(environment.client, {
    namespace: NAMESPACE,
    agent: "press-3",
    registration: REGISTRATION,
    token: "not the token",
  });
  await untilEnrollment(environment, three!, "InvalidJoinProof");

  await approve(environment, one!, "Denied");
  await untilEnrollment(environment, one!, "Denied");
  await environment.untilAgent(
    NAMESPACE,
    "press-1",
    "is not Enrolled",
    condition("Enrolled", "NotEnrolled"),
  );
});

Deno.test("a Registration's Secret dies with its ttl, devices that joined stay", async () => {
  await using environment = await start(embedded!, { ttl: "1h" });
  const device = await TestDevice.make();
  await join(environment, device, "press-1");
  await environment.client.patch(
    Registration,
    REGISTRATION,
    { spec: { ttl: "1s" } },
    { namespace: NAMESPACE },
  );
  await environment.until(
    Registration,
    { namespace: NAMESPACE, name: REGISTRATION },
    "is Expired",
    condition("Ready", "Expired"),
  );
  const scope = { namespace: NAMESPACE };
  const { client } = environment;
  assert.equal(await client.tryGet(Secret, JOIN, scope), undefined);
  assert.equal(await client.tryGet(ServiceAccount, JOIN, scope), undefined);
  const renewal = await device.renew(environment.hub.url, NAMESPACE);
  assert.equal(renewal.status, 200);
  await device.decrypt((await renewal.json()).credential);
});

Deno.test("deleting an Agent ends its device's credentials", async () => {
  await using environment = await start(embedded!);
  const device = await TestDevice.make();
  const { token } = await join(environment, device, "press-1");
  const { client } = environment;
  const scope = { namespace: NAMESPACE };
  await client.delete(Agent, "press-1", scope);
  for (
    const [resource, name] of [
      [ServiceAccount, "agent-press-1"],
      [Lease, "press-1"],
    ] as const
  ) {
    await eventually(
      async () => !await client.tryGet(resource, name, scope),
      { timeout: 60_000, what: `${resource.kind} ${name} is gone` },
    );
  }
  const gone = environment.as(token);
  await refused(401, gone.get(Agent, "press-1", scope));
  gone.close();
  assert.equal(await client.tryGet(Agent, "press-1", scope), undefined);
  const renewal = await device.renew(environment.hub.url, NAMESPACE);
  assert.equal(renewal.status, 410);
  assert.match((await renewal.json()).message, /has been deleted/);
});

Deno.test("a device whose Agent was deleted comes back by Git or by a person, never by itself", async () => {
  await using environment = await start(embedded!);
  const { client } = environment;
  const device = await TestDevice.make();
  await join(environment, device, "press-1");
  const at = { namespace: NAMESPACE, name: device.id };
  const scope = { namespace: NAMESPACE };
  const gone = () =>
    environment.until<Enrollment>(
      Enrollment,
      at,
      "is AgentDeleted",
      condition("Ready", "AgentDeleted"),
    );
  const enrolled = () =>
    environment.until<Enrollment>(
      Enrollment,
      at,
      "is Enrolled",
      condition("Ready", "Enrolled"),
    );
  await client.delete(Agent, "press-1", scope);
  const retired = await gone();
  assert.equal(retired.status?.credential, undefined);
  assert.equal(await client.tryGet(Agent, "press-1", scope), undefined);

  await client.create(Agent, {
    apiVersion: Agent.apiVersion,
    kind: Agent.kind,
    metadata: { name: "press-1", namespace: NAMESPACE },
  });
  const back = await enrolled();
  assert.notEqual(back.status?.agentUID, retired.status?.agentUID);
  await device.decrypt(back.status!.credential!);

  await client.delete(Agent, "press-1", scope);
  await gone();
  await approve(environment, device);
  await enrolled();
  assert.ok(await client.tryGet(Agent, "press-1", scope));
});

Deno.test("Enrollments that became no Agent do not pile up, whoever has the join token", async () => {
  await using environment = await start(
    embedded!,
    { approval: "Manual" },
    { enrollmentLimits: { refused: 1000, perRegistration: 2 } },
  );
  const { client } = environment;
  const scope = { namespace: NAMESPACE };
  const [agent, denied, first, second, third, stranger] = await Promise.all(
    Array.from({ length: 6 }, () => TestDevice.make()),
  );
  await ask(environment, agent!, "press-1");
  await approve(environment, agent!);
  await untilEnrollment(environment, agent!, "Enrolled");
  await ask(environment, denied!, "press-2");
  await approve(environment, denied!, "Denied");
  await untilEnrollment(environment, denied!, "Denied");

  await stranger!.enroll(client, {
    namespace: NAMESPACE,
    agent: "press-3",
    registration: REGISTRATION,
    token: "not the token",
  });
  for (const device of [first!, second!, third!]) {
    await ask(environment, device, "press-4");
    await eventually(async () => {
      const found = await client.tryGet<Enrollment>(
        Enrollment,
        device.id,
        scope,
      );
      return !found || found.status?.conditions ? true : undefined;
    }, { timeout: 60_000, what: "it waits, or is gone" });
  }
  const left = await eventually(async () => {
    const { items } = await client.list(Enrollment, scope);
    return items.length === 4
      ? items.map(({ metadata }) => metadata.name)
      : undefined;
  }, { timeout: 60_000, what: "a stranger and one too many are gone" });
  for (const device of [agent!, denied!]) assert.ok(left.includes(device.id));
  assert.ok(!left.includes(stranger!.id));
  await environment.untilAgent(
    NAMESPACE,
    "press-1",
    "is Enrolled",
    condition("Enrolled"),
  );
});

Deno.test("what strangers send does not pile up, and a Registration of any ttl serves", async () => {
  await using environment = await start(
    embedded!,
    { ttl: "99999999999h" },
    { enrollmentLimits: { perRegistration: 2 } },
  );
  const { client } = environment;
  const scope = { namespace: NAMESPACE };
  // Longer than a token lives, and than there are dates.
  await join(environment, await TestDevice.make(), "press-1");
  // Not even who may write Secrets gets a token of a device.
  await client.create<KubeObject>(Secret, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: "trap",
      ...scope,
      annotations: { "kubernetes.io/service-account.name": "agent-press-1" },
    },
    type: "kubernetes.io/service-account-token",
  } as KubeObject);
  await eventually(
    async () => !await client.tryGet(Secret, "trap", scope) || undefined,
    { timeout: 60_000, what: "the Secret is gone" },
  );
  await environment.create(Registration, "other", {
    ...scope,
    spec: { ttl: "2000000h" },
  });
  await environment.until(
    Registration,
    { ...scope, name: "other" },
    "is Ready",
    condition("Ready"),
  );
  for (let i = 0; i < 6; i++) {
    const stranger = await TestDevice.make();
    await stranger.enroll(client, {
      ...scope,
      agent: "press-2",
      registration: i % 2 ? REGISTRATION : `none-${i}`,
      token: "not the token",
    });
  }
  await eventually(async () => {
    const { items } = await client.list<Enrollment>(Enrollment, scope);
    const seen = items.filter(({ status }) => status?.conditions);
    return items.length === 3 && seen.length === 3 ? true : undefined;
  }, { timeout: 60_000, what: "a device and two strangers are left" });
});

Deno.test("a challenge counts once, and for the device that asked", async () => {
  await using environment = await start(embedded!);
  const [one, two] = [await TestDevice.make(), await TestDevice.make()];
  await join(environment, one, "press-1");
  await join(environment, two, "press-2");
  const url = `${environment.hub.url}${HUB_API}/devices`;
  const post = (path: string, body: unknown) =>
    fetch(`${url}/${path}`, { method: "POST", body: JSON.stringify(body) });
  const answer = async (by: TestDevice, as: TestDevice, challenge: string) => {
    const claim = { namespace: NAMESPACE, enrollment: as.id, challenge };
    const response = await post("credential", {
      ...claim,
      proof: await by.sign(claim, "faros-renewal+json"),
    });
    await response.body?.cancel();
    return response.status;
  };
  const challengeOf = async (device: TestDevice) => {
    const response = await post("challenge", {
      namespace: NAMESPACE,
      enrollment: device.id,
    });
    return (await response.json()).challenge as string;
  };
  const challenge = await challengeOf(one);
  assert.equal(await answer(two, two, challenge), 401);
  assert.equal(await answer(one, one, challenge), 200);
  assert.equal(await answer(one, one, challenge), 401);
  assert.equal(await answer(two, one, await challengeOf(one)), 401);
});
