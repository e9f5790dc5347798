import assert from "node:assert/strict";
import { Agent, type Assignment } from "../api/agent.ts";
import { Secret } from "../api/core.ts";
import type { KubeObject } from "../api/meta.ts";
import { Monitoring } from "../api/monitoring.ts";
import { Network } from "../api/network.ts";
import { Plugin } from "../api/plugin.ts";
import { revisionName } from "../api/protocol/claims.ts";
import { Revision } from "../api/revision.ts";
import { Workspace } from "../api/workspace.ts";
import { type Clock, systemClock } from "../kube/clock.ts";
import { getCondition } from "../kube/conditions.ts";
import { eventually } from "../kube/testing/eventually.ts";
import {
  condition,
  engines,
  HubEnvironment,
  probePlugin,
} from "./hub/environment.ts";

const NAMESPACE = "plant";
const scope = { namespace: NAMESPACE };
const [embedded] = engines;

async function start(
  options: { needs?: string[]; revisionGrace?: number; clock?: Clock } = {},
  engine = embedded!,
): Promise<HubEnvironment> {
  const { needs, revisionGrace, clock } = options;
  const environment = await HubEnvironment.start(engine, {
    catalogue: [probePlugin({ needs })],
    revisionGrace,
    ...(clock ? { clock } : {}),
  });
  await environment.workspace(NAMESPACE, { plugins: [{ name: "probe" }] });
  return environment;
}

const monitoring = (
  environment: HubEnvironment,
  config: Record<string, unknown> | string = {},
  name = "probe",
) =>
  environment.create(Monitoring, name, {
    ...scope,
    spec: { type: "probe", config },
  });

const agent = (
  environment: HubEnvironment,
  plugins: unknown[] = [{ name: "probe" }],
  name = "press-1",
) => environment.create<Agent>(Agent, name, { ...scope, spec: { plugins } });

const untilReason = (
  environment: HubEnvironment,
  reason: string,
  name = "press-1",
) =>
  environment.untilAgent(
    NAMESPACE,
    name,
    `has reason ${reason}`,
    condition("Ready", reason),
  );

async function untilAssigned(
  environment: HubEnvironment,
  than?: Assignment,
  name = "press-1",
): Promise<Assignment> {
  const { status } = await environment.untilAgent(
    NAMESPACE,
    name,
    "has another assignment",
    ({ status }) =>
      status?.assignment && status.assignment.counter !== than?.counter,
  );
  return status!.assignment!;
}

Deno.test("an Agent that was applied before its plugin object is not Stalled until that had the time to come", async () => {
  let now = Date.now();
  await using environment = await start({
    clock: { ...systemClock, now: () => now },
  });
  await agent(environment);
  await agent(environment, [{ name: "elsewhere" }], "press-2");
  for (const name of ["press-1", "press-2"]) {
    const { status } = await untilReason(
      environment,
      "PluginObjectNotFound",
      name,
    );
    assert.equal(getCondition(status!.conditions, "Stalled"), undefined);
    assert.equal(
      getCondition(status!.conditions, "Reconciling")?.reason,
      "PluginObjectNotFound",
    );
  }
  await monitoring(environment);
  await untilAssigned(environment);
  const untilStalled = () =>
    environment.untilAgent(
      NAMESPACE,
      "press-2",
      "is Stalled",
      condition("Stalled", "PluginObjectNotFound"),
    );
  const look = () =>
    environment.client.patch(Agent, "press-2", {
      metadata: { annotations: { looked: String(now) } },
    }, scope);
  now += 10_000;
  await look();
  await untilStalled();
  // What it asks for anew may be on its way again.
  await environment.client.patch(Agent, "press-2", {
    spec: { plugins: [{ name: "still-elsewhere" }] },
  }, scope);
  await environment.untilAgent(
    NAMESPACE,
    "press-2",
    "is looked at anew",
    condition("Reconciling", "PluginObjectNotFound"),
  );
  now += 10_000;
  await look();
  await untilStalled();
});

for (const engine of engines) {
  Deno.test({
    name:
      `on ${engine.name}: an Agent is resolved to a Revision and a signed assignment, and again when an input changes`,
    ignore: !!engine.missing,
    fn: async () => {
      await using environment = await start({}, engine);
      await agent(environment);
      await untilReason(environment, "PluginObjectNotFound");
      await monitoring(environment, "port: 1\n");
      const first = await untilAssigned(environment);
      const { spec } = await environment.client.get<Revision>(
        Revision,
        first.revision,
        scope,
      );
      assert.equal(await revisionName(spec), first.revision);
      const [plugin] = spec.plugins;
      assert.deepEqual(plugin?.config, { port: 1 });
      assert.equal(plugin?.plugin, "probe");
      assert.equal(plugin?.publisher.name, "hub");

      // Another device with the same content shares it.
      await agent(environment, undefined, "press-2");
      const other = await untilAssigned(environment, undefined, "press-2");
      assert.equal(other.revision, first.revision);

      await environment.client.patch(Monitoring, "probe", {
        spec: { config: { port: 2 } },
      }, scope);
      const second = await untilAssigned(environment, first);
      assert.notEqual(second.revision, first.revision);
      assert.ok(second.counter > first.counter);
    },
  });

  Deno.test({
    name:
      `on ${engine.name}: an assignment that the hub did not sign is replaced`,
    ignore: !!engine.missing,
    fn: async () => {
      await using environment = await start({}, engine);
      await monitoring(environment);
      await agent(environment);
      await agent(environment, undefined, "press-2");
      const own = await untilAssigned(environment);
      const copied = await untilAssigned(environment, undefined, "press-2");
      const forgeries: [string, Partial<Assignment>][] = [
        ["written by hand", { ...own, revision: "r-evil" }],
        ["copied from another device", copied],
      ];
      for (const [what, assignment] of forgeries) {
        await environment.client.patch(
          Agent,
          "press-1",
          { status: { assignment } },
          { ...scope, subresource: "status", fieldManager: "mallory" },
        );
        await environment.untilAgent(
          NAMESPACE,
          "press-1",
          `has its own assignment again after one ${what}`,
          ({ status }) => status?.assignment?.signature === own.signature,
        );
      }
      // Taken out altogether, it comes back too.
      await environment.client.patch(
        Agent,
        "press-1",
        { status: { assignment: null } },
        { ...scope, subresource: "status", fieldManager: "mallory" },
      );
      await environment.untilAgent(
        NAMESPACE,
        "press-1",
        "is assigned again",
        ({ status }) => status?.assignment?.revision === own.revision,
      );
    },
  });
}

Deno.test("a name that two plugin objects have is an error until the kind is given", async () => {
  await using environment = await start();
  await monitoring(environment);
  await environment.create(Network, "probe", {
    ...scope,
    spec: { type: "wireguard" },
  });
  await agent(environment);
  const { status } = await untilReason(environment, "AmbiguousPlugin");
  assert.match(
    status!.conditions!.find((c) => c.type === "Ready")!.message,
    /Network\/probe and Monitoring\/probe; add `kind: Network`/,
  );
  await environment.client.patch(Agent, "press-1", {
    spec: { plugins: [{ name: "probe", kind: "Monitoring" }] },
  }, scope);
  await untilReason(environment, "Accepted");
});

Deno.test("a plugin runs only with what the workspace grants it", async () => {
  await using environment = await start({ needs: ["127.0.0.1:9100"] });
  await monitoring(environment);
  await agent(environment);
  const { status } = await untilReason(environment, "PermissionNotGranted");
  assert.equal(status!.assignment, undefined);
  assert.match(
    status!.conditions!.find((c) => c.type === "Ready")!.message,
    /- name: probe\n {2}permissions:\n {4}net:\n {6}- 127\.0\.0\.1:9100$/,
  );
  await environment.client.patch(Workspace, NAMESPACE, {
    spec: {
      plugins: [{ name: "probe", permissions: { net: ["127.0.0.1"] } }],
    },
  });
  await untilAssigned(environment);
});

Deno.test("secrets in a config never enter a Revision", async () => {
  await using environment = await start();
  await monitoring(environment, { port: 1, password: "hunter2" });
  await agent(environment);
  const first = await untilAssigned(environment);
  const read = (name: string) =>
    environment.client.get<Revision>(Revision, name, scope);
  const revision = await read(first.revision);
  assert.ok(!JSON.stringify(revision).includes("hunter2"));
  const [plugin] = revision.spec.plugins;
  assert.deepEqual(plugin!.config, { port: 1 });
  const [reference] = plugin!.secrets!;
  assert.equal(reference!.path, "/password");
  const lifted = await environment.secret(NAMESPACE, reference!.name);
  assert.equal(lifted[reference!.key], "hunter2");

  // A Secret of the user's own, and its rotation.
  const own = (value: string) =>
    environment.client.apply<KubeObject>(Secret, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "own", ...scope },
      stringData: { pass: value },
    } as KubeObject, { fieldManager: "test", force: true });
  await environment.client.patch(Monitoring, "probe", {
    spec: {
      config: { password: { secretKeyRef: { name: "own", key: "pass" } } },
    },
  }, scope);
  await untilReason(environment, "SecretNotFound");
  await own("one");
  const second = await untilAssigned(environment, first);
  await own("two");
  const third = await untilAssigned(environment, second);
  const [before, after] = [
    await read(second.revision),
    await read(third.revision),
  ]
    .map(({ spec }) => spec.plugins[0]!.secrets![0]!);
  assert.equal(before!.name, "own");
  assert.deepEqual({ ...after, hmac: before!.hmac }, before);
  assert.notEqual(after!.hmac, before!.hmac);
});

Deno.test("a config that does not fit is told by its field, and what runs stays", async () => {
  await using environment = await start();
  await monitoring(environment, { port: 1 });
  await agent(environment, [{ name: "probe", config: { prot: 2 } }]);
  const { status } = await untilReason(environment, "ConfigInvalid");
  assert.match(
    status!.conditions!.find((c) => c.type === "Ready")!.message,
    /config\.prot is not a field; did you mean port\?/,
  );
  const set = (config: unknown) =>
    environment.client.patch(Agent, "press-1", {
      spec: { plugins: [{ name: "probe", config }] },
    }, scope);
  await set({ port: 2 });
  const good = await untilAssigned(environment);
  await set({ port: "two" });
  const broken = await untilReason(environment, "ConfigInvalid");
  assert.equal(broken.status!.assignment!.signature, good.signature);
});

Deno.test("a paused Agent keeps its assignment", async () => {
  await using environment = await start();
  await monitoring(environment, { port: 1 });
  await agent(environment);
  const first = await untilAssigned(environment);
  await environment.client.patch(Agent, "press-1", {
    spec: { paused: true },
  }, scope);
  await untilReason(environment, "Paused");
  await environment.client.patch(Monitoring, "probe", {
    spec: { config: { port: 2 } },
  }, scope);
  // One that is not paused shows when the hub has seen the change.
  await agent(environment, undefined, "press-2");
  const other = await untilAssigned(environment, undefined, "press-2");
  assert.notEqual(other.revision, first.revision);
  const paused = await environment.client.get<Agent>(Agent, "press-1", scope);
  assert.deepEqual(paused.status!.assignment, first);
  await environment.client.patch(Agent, "press-1", {
    spec: { paused: false },
  }, scope);
  const second = await untilAssigned(environment, first);
  assert.equal(second.revision, other.revision);
});

Deno.test("Revisions that no Agent has are collected, with their Secrets", async () => {
  await using environment = await start({ revisionGrace: 100 });
  await monitoring(environment, { password: "one" });
  await agent(environment);
  const first = await untilAssigned(environment);
  const { spec } = await environment.client.get<Revision>(
    Revision,
    first.revision,
    scope,
  );
  await environment.client.patch(Monitoring, "probe", {
    spec: { config: { password: "two" } },
  }, scope);
  const second = await untilAssigned(environment, first);
  const { client } = environment;
  await eventually(
    async () => !await client.tryGet(Revision, first.revision, scope),
    { what: "the old Revision is gone" },
  );
  const { name } = spec.plugins[0]!.secrets![0]!;
  await eventually(async () => !await client.tryGet(Secret, name, scope), {
    what: "the old value's Secret is gone",
  });
  await client.get(Revision, second.revision, scope);
});

Deno.test("a plugin that nobody trusted has signed does not run", async () => {
  await using environment = await start();
  const { spec } = await environment.client.get<Plugin>(Plugin, "probe");
  const [version] = spec.versions;
  await environment.create(Plugin, "stranger", {
    spec: {
      versions: [{
        ...version,
        provides: [{ kind: "Monitoring", type: "strange" }],
      }],
    },
  });
  await environment.client.patch(Workspace, NAMESPACE, {
    spec: { plugins: [{ name: "stranger" }] },
  });
  await environment.create(Monitoring, "probe", {
    ...scope,
    spec: { type: "strange" },
  });
  await agent(environment);
  await untilReason(environment, "UntrustedPlugin");
});
