import assert from "node:assert/strict";
import { Agent } from "../api/agent.ts";
import { Lease, Secret, ServiceAccount } from "../api/core.ts";
import { Enrollment } from "../api/enrollment.ts";
import type { KubeObject } from "../api/meta.ts";
import { Revision } from "../api/revision.ts";
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
  startWithRegistration as start,
  untilEnrollment,
} from "./hub/enrollment.ts";

for (const engine of engines) {
  const ignore = !!engine.missing;
  const on = `on ${engine.name}: `;

  Deno.test({
    name: `${on}a device becomes an Agent and can do nothing but be it`,
    ignore,
    fn: async () => {
      await using environment = await start(engine, {
        agentTemplate: { labels: { line: "1" } },
      });
      const [one, two] = [await TestDevice.make(), await TestDevice.make()];
      const credential = await join(environment, one, "press-1");
      await join(environment, two, "press-2");
      const { client } = environment;
      await client.create<KubeObject>(Secret, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "other", namespace: NAMESPACE },
      });
      const agent = await environment.untilAgent(
        NAMESPACE,
        "press-1",
        "is Enrolled",
        (a) => condition("Enrolled")(a) && a.status?.assignment,
      );
      assert.equal(agent.metadata.labels?.line, "1");
      assert.equal(agent.status?.enrollment, one.id);
      assert.equal(credential.agentUID, agent.metadata.uid);

      const device = environment.as(credential.token);
      const scope = { namespace: NAMESPACE };
      await device.get(Agent, "press-1", scope);
      await device.list(Agent, {
        ...scope,
        fieldSelector: "metadata.name=press-1",
      });
      await device.get(Lease, "press-1", scope);
      await device.get(Enrollment, one.id, scope);
      await device.get(
        Revision,
        agent.status!.assignment!.revision,
        scope,
      );
      for (const kind of [Agent, Enrollment, Revision, Secret]) {
        await refused(403, device.list(kind, scope));
      }
      await refused(403, device.get(Agent, "press-2", scope));
      await refused(403, device.get(Lease, "press-2", scope));
      await refused(403, device.get(Enrollment, two.id, scope));
      await refused(403, device.get(Secret, "other", scope));
      await refused(403, device.get(Secret, JOIN, scope));
      const patch = { status: { revision: "r-0" } };
      const subresource = { ...scope, subresource: "status" };
      await device.patch(Agent, "press-1", patch, subresource);
      await refused(403, device.patch(Agent, "press-2", patch, subresource));
      await refused(
        403,
        device.patch(Agent, "press-1", { spec: { paused: true } }, scope),
      );
      device.close();

      // The join credential itself can do even less.
      const joiner = environment.as(
        (await environment.secret(NAMESPACE, JOIN)).token!,
      );
      await refused(403, joiner.list(Enrollment, scope));
      await refused(403, joiner.get(Agent, "press-1", scope));
      await refused(
        403,
        joiner.patch(Enrollment, one.id, {}, subresource),
      );
      joiner.close();
    },
  });

  Deno.test({
    name:
      `${on}a second key for a name waits for a person, then the first loses it`,
    ignore,
    fn: async () => {
      await using environment = await start(engine);
      const [one, two] = [await TestDevice.make(), await TestDevice.make()];
      const first = await join(environment, one, "press-1");
      await ask(environment, two, "press-1");
      await untilEnrollment(environment, two, "AwaitingApproval");
      const refusal = await two.renew(environment.hub.url, NAMESPACE);
      assert.equal(refusal.status, 410);
      assert.match((await refusal.json()).message, /belongs to another key/);

      await approve(environment, two);
      await untilEnrollment(environment, two, "Enrolled");
      await untilEnrollment(environment, one, "AwaitingApproval");
      const old = environment.as(first.token);
      await eventually(
        () =>
          old.get(Agent, "press-1", { namespace: NAMESPACE }).then(
            () => false,
            (error) => error.code === 401,
          ),
        { timeout: 60_000, what: "the first device's token is dead" },
      );
      old.close();
      const renewal = await one.renew(environment.hub.url, NAMESPACE);
      assert.equal(renewal.status, 410);
      await renewal.body?.cancel();

      // And back, by a person's word again.
      await approve(environment, one);
      await untilEnrollment(environment, one, "Enrolled");
      await untilEnrollment(environment, two, "AwaitingApproval");
      const { status } = await environment.untilAgent(
        NAMESPACE,
        "press-1",
        "belongs to the first key",
        (agent) => agent.status?.enrollment === one.id,
      );
      assert.ok(status);
    },
  });

  Deno.test({
    name:
      `${on}tokens made for one key die where the Agent is another's, also after a hub that was killed halfway`,
    ignore,
    fn: async () => {
      await using environment = await start(engine);
      const device = await TestDevice.make();
      const { token } = await join(environment, device, "press-1");
      const { client } = environment;
      const scope = { namespace: NAMESPACE };
      // As it is when the hub has given the Agent to this device, and not yet ended the tokens of the one before.
      await client.patch(ServiceAccount, "agent-press-1", {
        metadata: { annotations: { "edge.faros.sh/enrollment": "before" } },
      }, scope);
      const old = environment.as(token);
      await eventually(
        () =>
          old.get(Agent, "press-1", scope).then(
            () => false,
            (error) => error.code === 401,
          ),
        { timeout: 60_000, what: "the token from before is dead" },
      );
      old.close();
      const renewed = await eventually(async () => {
        const answer = await device.renew(environment.hub.url, NAMESPACE);
        const body = await answer.json();
        return answer.ok ? await device.decrypt(body.credential) : undefined;
      }, { timeout: 60_000, what: "the device has a token of its own" });
      const own = environment.as(renewed.token);
      await own.get(Agent, "press-1", scope);
      own.close();
    },
  });
}

Deno.test("a person's approval is the last word, also where the hub takes back an earlier one at the same moment", async () => {
  const [one, two] = [await TestDevice.make(), await TestDevice.make()];
  let approved = false;
  await using environment = await start(engines[0]!, {}, {
    // The first device has lost the Agent, the hub is about to say for the
    // second time that its approval is overruled, and the person is quicker.
    before: async ({ method, path, bodyJson }) => {
      if (approved || method !== "PATCH" || !path.includes(one.id)) return;
      const said = JSON.stringify(bodyJson);
      if (!/"AwaitingApproval".*"Superseded"/.test(said)) return;
      approved = true;
      await approve(environment, one);
    },
  });
  await join(environment, one, "press-1");
  await approve(environment, one);
  await ask(environment, two, "press-1");
  await untilEnrollment(environment, two, "AwaitingApproval");
  await approve(environment, two);
  await eventually(() => approved, {
    timeout: 60_000,
    what: "the hub takes back the first device's approval",
  });
  await untilEnrollment(environment, two, "AwaitingApproval");
  await untilEnrollment(environment, one, "Enrolled");
});
